"""What is said to a merchant whose input is not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.functional import Promise


class Refused(Exception):  # noqa: N818 - the domain's word
    """Input is not taken. `code` is a key of `messages`, `params` the words it needs."""

    messages: ClassVar[Mapping[str, Promise]] = {}

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def message(self) -> str:
        """The sentence for the merchant, in the active language."""
        return str(self.messages[self.code]) % self.params
