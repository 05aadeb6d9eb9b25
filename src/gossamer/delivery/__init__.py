"""From a decided request to a settled one: the call to the provider, the way of the answer, the record."""
