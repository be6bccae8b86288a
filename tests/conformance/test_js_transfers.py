"""The JavaScript SDK, unmodified, by js/transfers.test.mjs: large, parallel, broken and resumed transfers; pages."""

from . import test_js_sdk


class JavaScriptSdkTransfers(test_js_sdk.JavaScriptSdk):
    script = "transfers.test.mjs"
