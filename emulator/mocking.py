"""Mocks: serving the DynamoDB clients of the process for the length of a block, a function or a test class."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from emulator.instance import Emulator
from emulator.settings import Settings

if TYPE_CHECKING:
    from unittest import TestCase

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


class Mock:
    """While entered, the DynamoDB of the process is an emulator. Works as `with`, decorator, `start`/`stop`.

    A decorated function or coroutine function gets a new emulator at each call, a decorated test class one for
    each of its tests, unless the mock was made from an emulator on purpose.
    """

    def __init__(self, emulator_of: Callable[[], Emulator]) -> None:
        self._emulator_of = emulator_of
        self._active: list[Emulator] = []

    def start(self) -> Emulator:
        emulator = self._emulator_of().start()
        self._active.append(emulator)
        return emulator

    def stop(self) -> None:
        """Raises RuntimeError if the mock is not started."""
        if not self._active:
            raise RuntimeError("this mock is not active: stop() was called more often than start()")
        self._active.pop().stop()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __call__(self, decorated: _Decorated) -> _Decorated:
        if isinstance(decorated, type):
            self._decorate_class(decorated)
            return decorated
        return cast(_Decorated, self._decorate_function(decorated))

    def _decorate_function(self, function: Any) -> Any:
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def mocked_coroutine(*arguments: Any, **named: Any) -> Any:
                with Mock(self._emulator_of):
                    return await function(*arguments, **named)

            return mocked_coroutine

        @wraps(function)
        def mocked(*arguments: Any, **named: Any) -> Any:
            with Mock(self._emulator_of):
                return function(*arguments, **named)

        return mocked

    def _decorate_class(self, kind: type[Any]) -> None:
        """Start before each test's own set-up and stop after its own tear-down."""
        unittest = sys.modules.get("unittest")  # a test case cannot be without it; importing it takes its time
        if unittest is not None and issubclass(kind, unittest.TestCase):
            self._decorate_test_case(kind)
            return
        set_up, tear_down = _hook(kind, "setup_method"), _hook(kind, "teardown_method")

        def setup_method(test: object, method: Callable[..., Any]) -> None:
            self.start()
            try:
                set_up(test, method)
            except BaseException:
                self.stop()  # a test whose set-up fails is not torn down
                raise

        def teardown_method(test: object, method: Callable[..., Any]) -> None:
            try:
                tear_down(test, method)
            finally:
                self.stop()

        kind.setup_method = setup_method
        kind.teardown_method = teardown_method

    def _decorate_test_case(self, kind: Any) -> None:
        set_up = kind.setUp

        @wraps(set_up)
        def mocked_set_up(test: TestCase) -> None:
            mock = Mock(self._emulator_of)
            mock.start()
            test.addCleanup(mock.stop)
            set_up(test)

        kind.setUp = mocked_set_up


def _hook(kind: type[Any], name: str) -> Callable[[object, Callable[..., Any]], object]:
    """pytest's hook `name` of a test class, which may leave its second parameter out, or be missing."""
    original: Callable[..., Any] | None = getattr(kind, name, None)
    if original is None:
        return lambda test, method: None
    if len(inspect.signature(original).parameters) > 1:
        return original
    return lambda test, method: original(test)


@overload
def mock(settings: _Decorated, /) -> _Decorated: ...


@overload
def mock(settings: Settings | None = None, **fields: Any) -> Mock: ...


def mock(settings: Any = None, /, **fields: Any) -> Any:
    """Serve every DynamoDB client of the process from a new emulator.

    Use it as `with emulator.mock() as emu:`, as `@emulator.mock` or `@emulator.mock(region="eu-west-1")` on a
    function, coroutine function or test class, or keep what it returns and call its `start()` and `stop()`.
    """
    if callable(settings):
        return Mock(Emulator)(settings)
    return Mock(lambda: Emulator(settings, **fields))
