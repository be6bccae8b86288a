#include "src/own_types.h"

namespace freehold::resources {
namespace {

constexpr std::string_view kResources[] = {"2024-03-01", "2022-12-01", "2022-09-01", "2021-04-01", "2020-10-01",
                                           "2020-06-01", "2019-10-01", "2019-05-01", "2018-05-01", "2017-05-10",
                                           "2016-09-01", "2016-06-01", "2015-11-01"};
constexpr std::string_view kSubscriptions[] = {"2022-12-01", "2022-09-01", "2021-01-01", "2020-01-01", "2019-11-01",
                                               "2019-06-01", "2018-06-01", "2016-06-01", "2015-11-01"};
constexpr std::string_view kRoles[] = {"2022-05-01-preview", "2022-04-01",         "2020-10-01-preview",
                                       "2020-08-01-preview", "2020-04-01-preview", "2018-09-01-preview",
                                       "2018-07-01",         "2018-01-01-preview", "2015-07-01"};
constexpr std::string_view kLocks[] = {"2020-05-01", "2017-04-01", "2016-09-01", "2015-01-01"};
constexpr std::string_view kManagement[] = {"2023-04-01", "2021-04-01", "2020-10-01",        "2020-05-01",
                                            "2020-02-01", "2019-11-01", "2018-03-01-preview"};

constexpr std::string_view kAliases[] = {"2021-10-01", "2020-09-01"};

constexpr OwnType kOwn[] = {
    {"Microsoft.Authorization", "locks", kLocks},
    {"Microsoft.Authorization", "permissions", kRoles},
    {"Microsoft.Authorization", "providerOperations", kRoles},
    {"Microsoft.Authorization", "roleAssignments", kRoles},
    {"Microsoft.Authorization", "roleDefinitions", kRoles},
    {"Microsoft.Authorization", "denyAssignments", kRoles},
    {"Microsoft.Management", "managementGroups", kManagement},
    {"Microsoft.Management", "managementGroups/subscriptions", kManagement},
    {"Microsoft.Resources", "deployments", kResources},
    {"Microsoft.Resources", "deployments/operations", kResources},
    {"Microsoft.Resources", "providers", kResources},
    {"Microsoft.Resources", "resourceGroups", kResources},
    {"Microsoft.Resources", "resources", kResources},
    {"Microsoft.Resources", "subscriptions", kSubscriptions},
    {"Microsoft.Resources", "tags", kResources},
    {"Microsoft.Resources", "tenants", kSubscriptions},
    {"Microsoft.Subscription", "aliases", kAliases},
};

}  // namespace

std::span<const OwnType> own_types() { return kOwn; }

}  // namespace freehold::resources
