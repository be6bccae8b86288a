// Forms and Basic headers: bytes from callers that nobody knows yet.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/encoding.h"
#include "src/client_form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto form = directory::ClientForm::parse(text);
  const auto cut = text.find('\n');
  const auto header = text.substr(0, cut);
  const auto rest = directory::ClientForm::parse(cut == text.npos ? std::string_view() : text.substr(cut + 1));
  if (rest) {
    const auto credentials = directory::client_credentials(header, *rest);
    FH_CHECK(!credentials || is_valid_utf8(credentials->id));
  }
  if (form) FH_CHECK(is_valid_utf8(form->get("scope")));
  return 0;
}
