"""The browser that the other browser tests stand on really lays out and runs a page."""


async def test_a_page_is_rendered_at_the_size_of_a_phone(browser):
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await page.set_content("<button style='width: 50vw' onclick='this.textContent = innerWidth'>签到</button>")
    button = page.get_by_text("签到")
    assert (await button.bounding_box())["width"] == 180
    await button.click()
    assert await page.locator("button").text_content() == "360"
    assert (await page.screenshot()).startswith(b"\x89PNG")
