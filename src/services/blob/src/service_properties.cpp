// Get Account Information and Get Blob Service Properties: what is fixed about every account here.
#include "src/operations.h"
#include "src/responses.h"
#include "src/xml_text.h"

namespace freehold::blob {

Task<Reply> get_account_information(BlobParts& parts, Permit<GetAccountInformation> permit) {
  static_cast<void>(permit);
  auto response = answer(200);
  response.headers.add("x-ms-sku-name", parts.sku);
  response.headers.add("x-ms-account-kind", "StorageV2");
  response.headers.add("x-ms-is-hns-enabled", "false");
  co_return response;
}

// Everything that these properties could switch on is off, and Set Blob Service Properties answers 501.
Task<Reply> get_blob_service_properties(BlobParts& parts, Permit<GetBlobServiceProperties> permit) {
  static_cast<void>(parts);
  static_cast<void>(permit);
  constexpr std::string_view kMetrics =
      "<Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>";
  std::string body(kXmlDeclaration);
  body +=
      "<StorageServiceProperties><Logging><Version>1.0</Version><Delete>false</Delete><Read>false</Read>"
      "<Write>false</Write><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></Logging>";
  body += "<HourMetrics>" + std::string(kMetrics) + "</HourMetrics>";
  body += "<MinuteMetrics>" + std::string(kMetrics) + "</MinuteMetrics>";
  body +=
      "<Cors /><DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>"
      "<StaticWebsite><Enabled>false</Enabled></StaticWebsite></StorageServiceProperties>";
  co_return xml_answer(std::move(body));
}

}  // namespace freehold::blob
