"""The hand that draws on a camera's picture in a real browser."""

from typing import Any

PATIENCE_S = 120


class Hand:
    """A user with a mouse and a keyboard before a camera's picture."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def until(self, happened: Any) -> Any:
        """Wait until something is there, and return it; fails with what the page shows instead."""
        from selenium.common.exceptions import TimeoutException, WebDriverException
        from selenium.webdriver.support.ui import WebDriverWait

        wait = WebDriverWait(self.driver, PATIENCE_S, 0.1, (WebDriverException, IndexError))
        try:
            return wait.until(lambda _: happened())
        except TimeoutException:
            shown = self.one("body").text
        raise AssertionError(f"after {PATIENCE_S} s the page shows:\n{shown}")

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def do(self) -> Any:
        from selenium.webdriver import ActionChains

        return ActionChains(self.driver, duration=20)

    def keys(self, *keys: str) -> None:
        self.do().send_keys(*keys).perform()

    def press(self, button: str) -> None:
        self.button(button).click()

    def button(self, text: str) -> Any:
        return self.driver.find_element("xpath", f"//div[@class='bar']/button[text()='{text}']")

    def move(self, x: float, y: float) -> Any:
        """Move the mouse to a place on the picture, in fractions of it, for what is done next."""
        picture = self.one(".genesis-drawing svg")
        right = round((x - 0.5) * picture.rect["width"])
        down = round((y - 0.5) * picture.rect["height"])
        return self.do().move_to_element_with_offset(picture, right, down)

    def click(self, *places: tuple[float, float]) -> None:
        for place in places:
            self.move(*place).click().perform()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.move(*start).click_and_hold().perform()
        self.move(*((a + b) / 2 for a, b in zip(start, end, strict=True))).perform()
        self.move(*end).release().perform()
