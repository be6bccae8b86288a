"""The resource manager's own SDKs, unmodified: npm's newest @azure/arm-* and Debian's azure-mgmt-*."""

from conformance import arm_case


class ArmSdks(arm_case.ArmClients):
    def test_javascript_resources(self):
        self.run_javascript("arm_resources.test.mjs")

    def test_javascript_rights(self):
        self.run_javascript("arm_rights.test.mjs")

    def test_javascript_monitor(self):
        self.run_javascript("arm_monitor.test.mjs")

    def test_javascript_policy(self):
        self.run_javascript("arm_policy.test.mjs")

    def test_javascript_vaults(self):
        self.run_javascript("arm_vaults.test.mjs")

    def test_python(self):
        self.run_python("arm.py")

    def test_python_monitor(self):
        self.run_python("monitor.py")
