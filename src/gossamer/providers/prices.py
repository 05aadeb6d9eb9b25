"""From settings to what models cost: for whoever charges, and for whoever must know when to stop."""

import msgspec

from gossamer.config.agents import AGENTS
from gossamer.config.price_table import listed_models, price_table
from gossamer.config.settings import Settings
from gossamer.config.upstreams import MockProvider, Provider
from gossamer.policy.price import Price
from gossamer.policy.price_list import PriceList


def prices_of(settings: Settings) -> PriceList:
    """What the settings say, and for the vendors that it knows, the table that comes with the package. An agent costs
    nothing by itself: its calls do.
    """
    own = {label: msgspec.convert(msgspec.structs.asdict(found), Price) for label, found in settings.prices.items()}
    own |= {f"{AGENTS}/{name}": Price() for name in settings.agents}
    tables = {
        name: listed_models(vendor)
        for name, provider in settings.providers.items()
        if (vendor := _vendor_of(provider)) is not None
    }
    return PriceList(own, tables)


def _vendor_of(provider: Provider) -> str | None:
    if isinstance(provider, MockProvider):
        return None
    return price_table().vendor_of(str(provider.__struct_config__.tag), provider.base_url)
