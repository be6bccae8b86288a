// AdminClient: one request to a running region through DIR/admin.sock.
#pragma once

#include <string>

#include "base/result.h"

namespace freehold::app {

struct AdminAnswer {
  int status = 0;
  std::string body;
};

// POSTs without a body. kNotFound: nobody listens there (no region is running). Blocks.
[[nodiscard]] Result<AdminAnswer> post_to_admin(const std::string& data, const std::string& target);

}  // namespace freehold::app
