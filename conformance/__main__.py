"""The command: `python -m conformance`."""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlsplit

import click

from conformance import cases, runner, targets

_AWS = ".amazonaws.com"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--endpoint-url", metavar="URL", help="Ask this endpoint instead of an emulator of this process.")
@click.option("--region", default="us-east-1", show_default=True, help="The region to sign for.")
@click.option("--sign", is_flag=True, help="Sign with the credentials that botocore finds; always done for AWS itself.")
@click.option(
    "--area", "areas", multiple=True, type=click.Choice(cases.area_names()), help="Only this area; repeatable."
)
@click.option("--match", metavar="REGEX", default="", help="Only cases whose name the expression is found in.")
@click.option("--list", "only_list", is_flag=True, help="Ask nothing; list the cases.")
@click.option("--yes", is_flag=True, help="Do not ask before creating tables on AWS.")
def main(
    endpoint_url: str | None,
    region: str,
    sign: bool,
    areas: tuple[str, ...],
    match: str,
    only_list: bool,
    yes: bool,
) -> None:
    """Ask an endpoint for what is known of DynamoDB, and say where it answers differently.

    \b
    python -m conformance
    python -m conformance --endpoint-url http://127.0.0.1:8000 --area query
    python -m conformance --endpoint-url https://dynamodb.eu-west-1.amazonaws.com --region eu-west-1

    Ends with 1 when something differs.
    """
    suite = cases.load(areas)
    chosen = [case for case in suite.cases if re.search(match, case.name)]
    if only_list:
        for case in chosen:
            print(f"{case.title}  [{case.tag}, {case.page}]")
        return
    target = _target(endpoint_url, region, sign)
    if endpoint_url is not None and _is_aws(endpoint_url) and not yes:
        click.confirm(f"This creates tables in your AWS account, region {region}, and costs money. Go on?", abort=True)
    run = runner.Runner(suite, target, prefix=f"conformance-{secrets.token_hex(3)}")
    started = time.monotonic()
    results = []
    try:
        for case in chosen:
            results.append(run.run(case))
            if not results[-1].agrees:
                print(results[-1].report(), end="\n\n", flush=True)
    finally:  # also after Ctrl-C: no table stays behind
        run.close()
        target.close()
        _print_summary(results, time.monotonic() - started)
    sys.exit(any(not result.agrees for result in results))


def _target(endpoint_url: str | None, region: str, sign: bool) -> targets.Target:
    if endpoint_url is None:
        from emulator import Emulator

        return targets.InProcess(Emulator(), region)
    signer = targets.Signer(region) if sign or _is_aws(endpoint_url) else None
    return targets.Endpoint(endpoint_url, region, signer)


def _is_aws(endpoint_url: str) -> bool:
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith((_AWS, _AWS + ".cn", ".api.aws"))


def _print_summary(results: Iterable[runner.Result], seconds: float) -> None:
    asked: Counter[str] = Counter()
    differing: Counter[str] = Counter()
    for result in results:
        asked[result.case.area] += 1
        differing[result.case.area] += not result.agrees
    print(f"{'area':<14}{'cases':>7}{'differ':>8}")
    for area in sorted(asked):
        print(f"{area:<14}{asked[area]:>7}{differing[area]:>8}")
    print(f"{'all':<14}{asked.total():>7}{differing.total():>8}   in {seconds:.1f} s")


if __name__ == "__main__":
    main()
