"""Settings of the process: environment or `.env`, prefix `ZHUCUN_`."""

import re
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from locales import mark


class LogFormat(StrEnum):
    """How the log is written."""

    CONSOLE = "console"
    JSON = "json"


_SWITCHES = ("health_listen", "backup_at")
"""Settings that `off`, or nothing, switches off."""


class Settings(BaseSettings):
    """What the county's machine decides; the rules of the document are settings of an area (设置)."""

    model_config = SettingsConfigDict(env_prefix="ZHUCUN_", env_file=".env", extra="ignore")

    bot_token: SecretStr | None = None
    bot_api: str | None = None
    database_url: str | None = None
    gateway_listen: str = "127.0.0.1:8080"
    gateway_public_url: str | None = None
    webhook_url: str | None = None
    webhook_listen: str = "127.0.0.1:8081"
    webhook_secret: SecretStr | None = None
    # None: off
    health_listen: str | None = "127.0.0.1:8090"
    # local time of the nightly backup; None: none is made
    backup_at: time | None = time(3)
    timezone: str = "Asia/Shanghai"
    send_rate: float | None = Field(default=None, ge=0)
    data_dir: Path = Path("data")
    log_format: LogFormat = LogFormat.CONSOLE
    # 备案号: government applications are registered; `doctor` asks for it (POLICY §5)
    registration_number: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_set(cls, values: dict[str, Any]) -> dict[str, Any]:
        """`ZHUCUN_BOT_TOKEN=` is no token; but what can be switched off is off when it is empty."""
        return {name: value for name, value in values.items() if value != "" or name in _SWITCHES}

    @field_validator("backup_at", mode="before")
    @classmethod
    def _is_time(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value, re.ASCII)
        if found is None:
            raise ValueError(mark("应是几点几分，例如 03:00；off 是不备份"))
        return time(int(found[1]), int(found[2]))

    @field_validator(*_SWITCHES, mode="before")
    @classmethod
    def _may_be_off(cls, value: Any) -> Any:
        return None if isinstance(value, str) and value.strip().lower() in {"", "off"} else value

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(mark("没有这个时区，例如 Asia/Shanghai")) from error
        return name

    @field_validator("bot_token")
    @classmethod
    def _is_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"\d+:[\w-]+", value.get_secret_value(), re.ASCII):
            raise ValueError(mark("不是机器人令牌，应是数字、冒号、字母"))
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[\w-]{1,256}", value.get_secret_value(), re.ASCII):
            raise ValueError(mark("应是 1 到 256 个字母、数字、下划线或连字符"))
        return value

    @field_validator("bot_api", "webhook_url", "gateway_public_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
            raise ValueError(mark("应是网址，例如 https://zhucun.example.cn/hook"))
        return value

    @field_validator("gateway_listen", "webhook_listen", "health_listen")
    @classmethod
    def _host_and_port(cls, value: str | None) -> str | None:
        if value is None:
            return None
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise ValueError(mark("应是 主机:端口，例如 127.0.0.1:8080"))
        return value

    @property
    def uses_gateway(self) -> bool:
        """Without a token the bot speaks through its own gateway."""
        return self.bot_token is None

    @property
    def channel(self) -> str:
        """The one channel that this `run` serves (law 13)."""
        return "gateway" if self.uses_gateway else "telegram"

    @property
    def speaks_abroad(self) -> bool:
        """Whether messages go through Telegram's own servers (POLICY §5)."""
        return not self.uses_gateway and self.bot_api is None

    @property
    def backups(self) -> Path:
        """Where the nightly backups lie."""
        return self.data_dir / "backups"

    @property
    def files(self) -> Path:
        """Where files lie that belong to records; they are backed up with them."""
        return self.data_dir / "files"

    @property
    def database(self) -> str:
        """The database's address; without one, an SQLite file under the data directory."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'zhucun.db'}"

    @property
    def rate(self) -> float:
        """Messages a second that may be sent; 0: as fast as it goes."""
        if self.send_rate is not None:
            return self.send_rate
        return 0 if self.uses_gateway else 28


def host_and_port(value: str) -> tuple[str, int]:
    """`127.0.0.1:8080` in two."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)
