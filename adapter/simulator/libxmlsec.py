"""libxmlsec1 for Python: the one package that the simulator needs and an installation for patients does not.

Raises:
    Misconfigured: on import, when it is not installed.
"""

from __future__ import annotations

from adapter.errors import Misconfigured

try:
    import xmlsec
    from xmlsec import constants
except ImportError as error:
    raise Misconfigured(
        "the simulator needs the package xmlsec: install pomost with its extra [simulator]",
        setting="xmlsec",
        code="SIMULATOR_NOT_INSTALLED",
    ) from error

__all__ = ["constants", "xmlsec"]
