"""The emulator as boto3 sees it: every test runs in the same process and over HTTP."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.builders")
