"""The emulator as boto3 sees it: every test runs in the same process and over HTTP."""
