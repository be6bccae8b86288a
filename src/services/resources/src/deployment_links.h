// Linked templates and parameters: read from this cloud's own blobs, by nobody's right but what the link itself brings.
#pragma once

#include <string>
#include <string_view>

#include "src/deployment_live.h"
#include "src/planning.h"

namespace freehold::resources {

// The link's whole address: of itself, or relative to `outer`, the link of the template that it stands in. 400
// InvalidTemplate for one that leads to anything but a blob of this cloud (`domain`) over TLS.
[[nodiscard]] ApiResult<std::string> link_address(const TemplateLink& link, const TemplateLink& outer,
                                                  std::string_view domain);

// Where nobody but a blob's own account may say what may be read: asks without credentials of the caller.
struct LinkReader {
  AskDoor stranger;
  Planning& planning;
  TenantId tenant;
  std::string domain;
};

// Puts what is linked into the request, and leaves no proof of a right to read in it but for links below. 400
// InvalidContentLink says that it can't be had.
[[nodiscard]] Task<ApiResult<>> follow_links(LinkReader reader, DeploymentRequest& request, TemplateLink outer);

}  // namespace freehold::resources
