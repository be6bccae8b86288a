// Points of the curves that keys are on.
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "base/check.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

using GroupPtr = std::unique_ptr<EC_GROUP, OpensslFree<EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, OpensslFree<EC_POINT_free>>;

GroupPtr group_named(Curve curve) {
  constexpr int kNames[] = {NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1, NID_secp256k1};
  GroupPtr group(EC_GROUP_new_by_curve_name(kNames[static_cast<std::size_t>(curve)]));
  FH_CHECK(group != nullptr);
  return group;
}

Bytes uncompressed(const EC_GROUP* group, const EC_POINT* point, Curve curve) {
  Bytes out(2 * size_of(curve) + 1, '\0');
  FH_CHECK(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets(out.data()), out.size(), nullptr) ==
           out.size());
  return out;
}

}  // namespace

Bytes generator_of(Curve curve) {
  const auto group = group_named(curve);
  return uncompressed(group.get(), EC_GROUP_get0_generator(group.get()), curve);
}

Result<PublicNumbers> point_with(Curve curve, BytesView x, bool odd) {
  const auto group = group_named(curve);
  const PointPtr point(EC_POINT_new(group.get()));
  const BignumPtr number(BN_bin2bn(octets(x.data()), static_cast<int>(x.size()), nullptr));
  FH_CHECK(point && number);
  if (EC_POINT_set_compressed_coordinates(group.get(), point.get(), number.get(), odd ? 1 : 0, nullptr) != 1) {
    ERR_clear_error();
    return wrong_input("There is no point of the curve with that x.");
  }
  const Bytes both = uncompressed(group.get(), point.get(), curve);
  const auto width = size_of(curve);
  FH_TRY(const auto key,
         JoseKey::from_public(
             {.type = KeyType::kEc, .curve = curve, .x = both.substr(1, width), .y = both.substr(1 + width)}));
  return key.numbers();
}

}  // namespace freehold::crypto
