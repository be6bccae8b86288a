#include "caller_names.h"

#include "directory/principal_name.h"

namespace freehold::app {

std::string DirectoryNames::name_of(TenantId tenant, PrincipalId object) const {
  return directory::principal_name(store_, tenant, object);
}

}  // namespace freehold::app
