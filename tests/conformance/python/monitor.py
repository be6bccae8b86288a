"""What Debian's azure-mgmt-monitor reads of the activity log. Needs what arm.py says."""

import datetime
import unittest

from arm import REGION, SUBSCRIPTION, ArmCase, client
from azure.mgmt.monitor import MonitorManagementClient


class ActivityLog(ArmCase):
    def test_events_of_a_group_and_categories(self):
        monitor = client(MonitorManagementClient, SUBSCRIPTION)
        self.resources.resource_groups.create_or_update(self.group, {"location": REGION, "tags": {"again": "yes"}})
        since = (datetime.datetime.utcnow() - datetime.timedelta(hours=1)).isoformat()
        events = list(monitor.activity_logs.list(filter=f"eventTimestamp ge '{since}' and resourceGroupName eq '{self.group}'",
                                                 select="eventName,operationName,status,eventTimestamp,caller"))
        self.assertEqual([each.status.value for each in events], ["Succeeded", "Started"] * 2)
        self.assertGreater(events[0].event_timestamp.timestamp(), datetime.datetime.now().timestamp() - 600)
        self.assertEqual([each.value for each in monitor.event_categories.list()], ["Administrative"])


if __name__ == "__main__":
    unittest.main(defaultTest="ActivityLog", verbosity=2)
