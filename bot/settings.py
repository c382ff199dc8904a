"""Settings of the process: environment or `.env`, prefix `ZHUCUN_`."""

import re
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from locales import mark


class LogFormat(StrEnum):
    """How the log is written."""

    CONSOLE = "console"
    JSON = "json"


class Settings(BaseSettings):
    """What the county's machine decides; the rules of the document are settings of an area (设置)."""

    model_config = SettingsConfigDict(env_prefix="ZHUCUN_", env_file=".env", env_ignore_empty=True, extra="ignore")

    bot_token: SecretStr | None = None
    bot_api: str | None = None
    database_url: str | None = None
    gateway_listen: str = "127.0.0.1:8080"
    gateway_public_url: str | None = None
    webhook_url: str | None = None
    webhook_listen: str = "127.0.0.1:8081"
    webhook_secret: SecretStr | None = None
    timezone: str = "Asia/Shanghai"
    send_rate: float | None = Field(default=None, ge=0)
    data_dir: Path = Path("data")
    log_format: LogFormat = LogFormat.CONSOLE
    # 备案号: government applications are registered; `doctor` asks for it (POLICY §5)
    registration_number: str | None = None

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

    @field_validator("gateway_listen", "webhook_listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
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
