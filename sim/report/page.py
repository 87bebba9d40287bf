"""The page: a sentence for both readers, the economy, the load, the certificate, the parameters, the definitions."""

from collections.abc import Mapping
from typing import Any, Final

from sim.ledger import Outcome
from sim.metrics.breakdown import coins_by_gift
from sim.metrics.definitions import METRIC
from sim.report import coins, compare, gains, load, markets, money, people
from sim.report.certificate import certificate
from sim.report.evidence import Evidence
from sim.report.figure import Figure
from sim.report.numbers import UNKNOWN, about_money, column_share, count, duration, plural, rate, share
from sim.report.parameters import bases, sections
from sim.report.rendering import rendered
from sim.report.terminal import metric_text, stated_metrics, value_text
from sim.scenario import from_resolved
from sim.tables import Columns

Figures = Mapping[str, list[Figure]]

BY_REGION: Final = (
    "viewers",
    "conversion",
    "retention",
    "bookings",
    "arpu",
    "take_rate",
    "creator_income",
    "creator_gini",
    "gmv",
    "seller_hhi",
)
SHOP: Final = ("orders", "gmv", "cancel_rate", "refund_rate", "gmv_net", "commission")


def figures(run: Evidence) -> Figures:
    """The figures by chapter; what nothing happened for is left out."""
    bought, given = run.kpi("bookings"), run.kpi("gifts")
    story = [compare.timeline(run), gains.gains(run, run.base) if run.base else None]
    story += [markets.sellers(run), markets.elsewhere(run), people.workers(run)]
    economy = [money.dollar(run)] if money.bands_of(run) else []
    economy += [coins.bookings(run)] if bought else []
    economy += [coins.packs(run)] if bought and run.keeps_trace else []
    economy += [coins.gifts(run)] if given and run.keeps_trace else []
    economy += [people.lorenz(run)] if bought and run.kpi("creator_income") and run.keeps_trace else []
    economy += [coins.coin_float(run)] if bought else []
    measured = [load.rates(*run.measured), load.latency(*run.measured)] if run.measured else []
    return {"story": [figure for figure in story if figure is not None], "economy": economy, "load": measured}


def page(run: Evidence, drawn: Figures) -> str:
    """The whole page as HTML."""
    return rendered("report.html", context(run, drawn))


def context(run: Evidence, drawn: Figures) -> dict[str, Any]:
    """What the template needs."""
    parameters = sections(from_resolved(run.scenario))
    return {
        "manifest": run.run.manifest,
        "summary": run.run.summary,
        "question": run.scenario["question"],
        "sentences": headline(run),
        "source": source(run),
        "tiles": tiles(run),
        "figures": drawn,
        "compared": _compared(run, run.base) if run.base else None,
        "regions": regions(run),
        "top_gifts": top_gifts(run) if run.kpi("gifts") and run.keeps_trace else [],
        "shop": shop(run),
        "load": _load(run, *run.measured) if run.measured else None,
        "certificate": certificate(run),
        "parameters": parameters,
        "bases": bases(parameters),
        "metrics": [(metric, metric_text(metric, found)) for metric, found in stated_metrics(run.run.summary)],
        "plural": plural,
    }


def _compared(run: Evidence, base: Evidence) -> dict[str, Any]:
    return {
        "base": base.name,
        "gains": gains.gains_table(run, base),
        "figures": compare.key_figures(run, base),
    }


def regions(run: Evidence) -> list[tuple[str, list[str]]]:
    """A row for each region, where there are several: its name, and a few figures in its own currency."""
    return [
        (name, [metric_text(METRIC[metric], kpis[metric]) if metric in kpis else "" for metric in BY_REGION])
        for name, kpis in run.run.summary.by_region.items()
    ]


def headline(run: Evidence) -> list[str]:
    """What the economy earned, and what the wallet carried: one sentence in two halves."""
    return [economy_sentence(run), load_sentence(run)]


def economy_sentence(run: Evidence) -> str:
    """The economist's half."""
    bookings, sold = run.kpi("bookings"), run.kpi("gmv")
    people_and_time = f"In {plural(run.days, 'day')}, {count(run.kpi('viewers'))} viewers"
    goods = f"ordered goods for {about_money(sold, run.currency)}" if sold else ""
    if not bookings:
        return f"{people_and_time} {goods or 'bought no coins'};"
    creators, platform = (share(run.kpi(name) / bookings) for name in ("creator_income", "coin_margin"))
    return (
        f"{people_and_time} paid {about_money(bookings, run.currency)} for coins, of which creators earned {creators} "
        f"and the platform kept {platform}{', and ' + goods if sold and run.kpi('gmv') > bookings else ''};"
    )


def load_sentence(run: Evidence) -> str:
    """The engineer's half."""
    if run.replay is None:
        return "no wallet has carried its operations yet."
    if run.measured is None:
        return "the wallet answered none of its operations."
    answered = run.replay["acknowledged"] + run.replay["declined"]
    p99_ms = run.replay["latencies_ms"]["overall"]["response"]["p99"]
    return (
        f"the wallet carried {count(answered)} operations at {rate(run.replay['throughput_per_s'])}, 99 in 100 within "
        f"{duration(p99_ms / 1000)} of their plan, and {_agreement(run.replay)}."
    )


def _agreement(replay: Mapping[str, Any]) -> str:
    if replay["reconciled"]:
        return "every account agrees to the last coin"
    if replay["mismatched_accounts"]:
        wrong, compared = count(replay["mismatched_accounts"]), count(replay["accounts_compared"])
        return f"it disagrees with the simulator on {wrong} of {compared} accounts"
    return "its accounts were not compared"


def source(run: Evidence) -> str:
    """The last words of every caption."""
    manifest, viewers = run.run.manifest, count(run.kpi("viewers"))
    return f"Simulated: {manifest.scenario}, seed {manifest.seed}, n = {viewers} viewers, one replication"


def tiles(run: Evidence) -> list[tuple[str, str, str]]:
    """The key figures on the first screen: title, value, remark."""

    def text(name: str) -> str:
        found = run.figure(name)
        return value_text(found) if found else UNKNOWN

    payer = f"; {text('arppu')} each" if run.kpi("payers") else ""
    coin_tiles = [
        ("Bookings", text("bookings"), f"{text('topups')}, fees and tax included"),
        ("Revenue", text("revenue"), "coins spent at lot cost, and commission"),
        ("Take rate", text("take_rate"), "the platform's part of coins spent"),
        ("Payers", text("payers").removesuffix(" viewers"), f"{text('conversion')} of viewers{payer}"),
        ("Creator income", text("creator_income"), f"{count(run.kpi('earning_creators'))} of {text('creators')} earn"),
        ("Coin float", text("coin_float"), f"{text('coin_float_coins')} bought, not yet spent"),
    ]
    shop_tiles = [
        ("Shop sales", text("gmv"), f"{text('orders')}; {text('gmv_net')} net"),
        ("Seller income", text("seller_income"), f"{count(run.kpi('selling_sellers'))} of {text('sellers')} sell"),
    ]
    barred = [("Orders barred", text("orders_barred").removesuffix(" orders"), f"{text('gmv_barred')} by rules")]
    back = [("Charged back", text("charged_back"), text("chargebacks"))]
    found = coin_tiles if run.kpi("bookings") or not run.kpi("orders") else []
    found = found + (shop_tiles if run.kpi("orders") else back)
    return found + (barred if run.kpi("orders_barred") else [])


def top_gifts(run: Evidence, top: int = 6) -> list[tuple[str, str, str, str]]:
    """The gifts that carried the most coins: name, price, times sent, share of coins."""
    given = coins_by_gift(run.trace)
    total = int(given.totals.sum())
    best = sorted(zip(given.totals.tolist(), given.counts.tolist(), given.keys.tolist(), strict=True), reverse=True)[
        :top
    ]
    return [
        (run.gift_name(item), count(coins // sent), count(sent), column_share(coins / total))
        for coins, sent, item in best
    ]


def shop(run: Evidence) -> list[tuple[str, str]]:
    """The shop's ledger in five rows."""
    rows = [(METRIC[name], run.figure(name)) for name in SHOP]
    return [(metric.title, metric_text(metric, found)) for metric, found in rows if found]


def _load(run: Evidence, replay: Mapping[str, Any], requests: Columns) -> dict[str, Any]:
    hot = load.hot_accounts(run, replay, requests)
    return {
        "percentiles": list(replay["latencies_ms"]["overall"]["response"]),
        "latency": load.latency_table(replay),
        "hot": hot,
        "hot_finding": load.hottest_finding(hot),
        "operations": operations(run),
    }


def operations(run: Evidence) -> list[tuple[str, str, str]]:
    """What the wallet was asked: operation, times, declined."""
    if not run.keeps_trace:
        return []
    columns = run.trace.columns
    rows = []
    for op in sorted(set(columns["op"].tolist())):
        mine = columns["op"] == op
        declined = int((mine & (columns["outcome"] != Outcome.ACCEPTED)).sum())
        rows.append((run.run.manifest.codes["op"][op], count(int(mine.sum())), count(declined)))
    return rows
