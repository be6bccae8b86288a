// The one form of a path that everything here reads, of the several in which clients write it.
#pragma once

#include <string>
#include <string_view>

namespace freehold::resources {

// Generated clients put "/" before an id that begins with one, an empty parent between namespace and type, and encode
// the slashes of a scope that they take for one segment: Azure reads all of these. Empty segments and slashes at the
// end are left out, and the first segment's encoded slashes become slashes if it is such a scope.
[[nodiscard]] std::string tidy_path(std::string_view path);

}  // namespace freehold::resources
