// What policies say of the objects inside a resource, which a service's data plane makes and the resource manager never
// sees: Azure Policy's resource provider modes ("Microsoft.KeyVault.Data").
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resource/provider.h"

namespace freehold::gate::resource {

// A type of such objects, with the names that policies have for what they are.
struct DataType {
  std::string_view type;
  std::span<const PropertyAlias> aliases;
};

// An object as it is to be.
struct DataObject {
  ResourceId container;   // what it is in: a vault
  std::string_view mode;  // "Microsoft.KeyVault.Data"
  std::string_view type;  // "Microsoft.KeyVault.Data/vaults/keys"
  std::string name;       // "keys/k1": below the container
  Json resource;          // {"properties", "tags"}, as the type's aliases lead through it
  std::string api_version = {};
  Caller caller = {};  // its tenant and the time; policies aren't told who asks
};

// Policies that say no, as they call themselves.
struct DataRefusal {
  std::vector<std::string> policies;
};

// Thread-safe, answers from memory; outlives who asks.
class DataPolicy {
 public:
  // Kept until the object is written: who alters the policies waits for it, as for changes of resources.
  using Hold = std::shared_ptr<const void>;
  virtual ~DataPolicy() = default;
  [[nodiscard]] virtual std::expected<Hold, DataRefusal> check(const DataObject& object) const = 0;
};

struct DataPage {
  std::vector<DataObject> objects;
  std::string next = {};  // where to go on; empty: that was all
};

// What such objects there are, for whoever looks at all that is stored. Implemented by the service that has them.
// Thread-safe; outlives who asks.
class DataObjects {
 public:
  virtual ~DataObjects() = default;
  // The type of resources that have objects: "Microsoft.KeyVault/vaults".
  [[nodiscard]] virtual std::string_view container_type() const = 0;
  [[nodiscard]] virtual std::string_view mode() const = 0;
  // Of one type, in one such resource, as `caller` finds them; `from` is empty or what the page before said. None:
  // there is no such resource. kUnavailable: they can't be read now.
  [[nodiscard]] virtual Task<Result<DataPage>> page(ResourceId container, std::string type, std::string from,
                                                    Caller caller) = 0;
};

}  // namespace freehold::gate::resource
