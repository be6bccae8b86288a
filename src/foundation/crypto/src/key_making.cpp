// Keys of a token: made there, or brought there.
#include <openssl/bn.h>

#include "src/jose_state.h"
#include "src/key_session.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kWrapOverhead = 8;

BytesView octets_of(const char* bytes, std::size_t size) { return {bytes, size}; }

Bytes exponent_bytes(std::uint64_t exponent) {
  Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const char byte = static_cast<char>(exponent >> shift & 0xff);
    if (!out.empty() || byte != 0) out.push_back(byte);
  }
  return out;
}

Bytes without_leading_zeros(Bytes number) {
  number.erase(0, std::min(number.find_first_not_of('\0'), number.size()));
  return number;
}

// DER's OCTET STRING, as CKA_EC_POINT has points.
Bytes octet_string(BytesView content) {
  Bytes out = "\x04";
  if (content.size() > 127) out.push_back(static_cast<char>(0x81));
  out.push_back(static_cast<char>(content.size()));
  return out + Bytes(content);
}

std::unexpected<Error> token_failed(std::string detail) {
  return fail(ErrorCode::kUnavailable, "the HSM token failed", std::move(detail));
}

Result<PublicNumbers> rsa_numbers(Bytes n, Bytes e) {
  PublicNumbers out{
      .type = KeyType::kRsa, .n = without_leading_zeros(std::move(n)), .e = without_leading_zeros(std::move(e))};
  FH_TRY(const auto key, JoseKey::from_public(out));
  return key.numbers();
}

constexpr std::string_view kNoTransfer =
    "The wrapped key is not one of this type that was wrapped by this key exchange key, or is damaged.";

}  // namespace

BytesView curve_parameters(Curve curve) {
  switch (curve) {
    case Curve::kP256:
      return octets_of("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10);
    case Curve::kP384:
      return octets_of("\x06\x05\x2b\x81\x04\x00\x22", 7);
    case Curve::kP521:
      return octets_of("\x06\x05\x2b\x81\x04\x00\x23", 7);
    case Curve::kP256K:
      return octets_of("\x06\x05\x2b\x81\x04\x00\x0a", 7);
  }
  return {};
}

const JoseAlgorithm& trial(const PublicNumbers& open) {
  constexpr std::string_view kEcNames[] = {"ES256", "ES384", "ES512", "ES256K"};
  const auto* found =
      find_algorithm(open.type == KeyType::kRsa ? "RS256" : kEcNames[static_cast<std::size_t>(open.curve)]);
  return *found;
}

void mark_passing(TokenAttributes& out, KeyType type) {
  out.no(CKA_TOKEN).yes(CKA_PRIVATE).yes(CKA_SENSITIVE).yes(CKA_EXTRACTABLE);
  if (type == KeyType::kOct) {
    out.yes(CKA_ENCRYPT).yes(CKA_DECRYPT);
  } else {
    out.yes(CKA_SIGN);
  }
}

Result<KeySession::Made> KeySession::generate_pair(CK_MECHANISM mechanism, TokenAttributes open, KeyType type) {
  open.no(CKA_TOKEN).no(CKA_PRIVATE).yes(CKA_VERIFY);
  TokenAttributes hidden;
  mark_passing(hidden, type);
  CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
  FH_CHECK_OK(check_pkcs11(module_->C_GenerateKeyPair(handle_, &mechanism, open.data(), open.size(), hidden.data(),
                                                      hidden.size(), &public_key, &private_key),
                           "C_GenerateKeyPair"));
  const Object half(*this, public_key);
  Made made{Object(*this, private_key), {.type = type}};
  if (type == KeyType::kRsa) {
    FH_TRY(made.open.n, attribute(public_key, CKA_MODULUS));
    FH_TRY(made.open.e, attribute(public_key, CKA_PUBLIC_EXPONENT));
  } else {
    FH_TRY(made.open.x, attribute(public_key, CKA_EC_POINT));
  }
  return made;
}

Result<KeySession::Made> KeySession::generate_octets(unsigned bits) {
  TokenAttributes what;
  what.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES).number(CKA_VALUE_LEN, bits / 8);
  mark_passing(what, KeyType::kOct);
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  FH_CHECK_OK(
      check_pkcs11(module_->C_GenerateKey(handle_, &mechanism, what.data(), what.size(), &key), "C_GenerateKey"));
  return Made{Object(*this, key), {.type = KeyType::kOct, .bits = bits}};
}

Result<KeySession::Made> KeySession::generate(const TokenKeySpec& spec) {
  if (spec.type == KeyType::kOct) {
    if (spec.bits != 128 && spec.bits != 192 && spec.bits != 256) {
      return wrong_input("A symmetric key has 128, 192 or 256 bits.");
    }
    return generate_octets(spec.bits);
  }
  if (spec.type == KeyType::kRsa) {
    if (spec.bits != 2'048 && spec.bits != 3'072 && spec.bits != 4'096) {
      return wrong_input("An RSA key has 2048, 3072 or 4096 bits.");
    }
    const Bytes exponent = exponent_bytes(spec.exponent);
    TokenAttributes open;
    open.number(CKA_MODULUS_BITS, spec.bits).bytes(CKA_PUBLIC_EXPONENT, exponent);
    FH_TRY(auto made, generate_pair({CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0}, std::move(open), KeyType::kRsa));
    auto numbers = rsa_numbers(made.open.n, made.open.e);
    if (!numbers || numbers->bits != spec.bits || numbers->e != exponent) {
      return token_failed("it made another RSA key than it was asked for");
    }
    made.open = std::move(*numbers);
    return made;
  }
  TokenAttributes open;
  open.bytes(CKA_EC_PARAMS, curve_parameters(spec.curve));
  FH_TRY(auto made, generate_pair({CKM_EC_KEY_PAIR_GEN, nullptr, 0}, std::move(open), KeyType::kEc));
  const auto width = size_of(spec.curve);
  BytesView point = made.open.x;
  if (point.size() < 2 * width + 1) return token_failed("a point of another length");
  point = point.substr(point.size() - 2 * width);
  const auto key = JoseKey::from_public(
      {.type = KeyType::kEc, .curve = spec.curve, .x = Bytes(point.substr(0, width)), .y = Bytes(point.substr(width))});
  if (!key) return token_failed("no point of the curve");
  made.open = key->numbers();
  return made;
}

Result<KeySession::Object> KeySession::create(const PublicNumbers& open, const PrivateNumbers& hidden) {
  TokenAttributes what;
  const bool secret = open.type == KeyType::kOct;
  what.number(CKA_CLASS, secret ? CKO_SECRET_KEY : CKO_PRIVATE_KEY);
  mark_passing(what, open.type);
  switch (open.type) {
    case KeyType::kRsa:
      what.number(CKA_KEY_TYPE, CKK_RSA).bytes(CKA_MODULUS, open.n).bytes(CKA_PUBLIC_EXPONENT, open.e);
      what.bytes(CKA_PRIVATE_EXPONENT, hidden.d.view());
      what.bytes(CKA_PRIME_1, hidden.p.view()).bytes(CKA_PRIME_2, hidden.q.view());
      what.bytes(CKA_EXPONENT_1, hidden.dp.view()).bytes(CKA_EXPONENT_2, hidden.dq.view());
      what.bytes(CKA_COEFFICIENT, hidden.qi.view());
      break;
    case KeyType::kEc:
      what.number(CKA_KEY_TYPE, CKK_EC).bytes(CKA_EC_PARAMS, curve_parameters(open.curve));
      what.bytes(CKA_VALUE, hidden.d.view());
      break;
    case KeyType::kOct:
      what.number(CKA_KEY_TYPE, CKK_AES).bytes(CKA_VALUE, hidden.k.view());
  }
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  FH_CHECK_OK(check_pkcs11(module_->C_CreateObject(handle_, what.data(), what.size(), &key), "C_CreateObject"));
  return Object(*this, key);
}

// Of the original and of what comes back out of the wrapping: the same key.
Result<> KeySession::try_out(const TokenKeyUse& use, CK_OBJECT_HANDLE original) {
  const PublicNumbers& open = use.key.open;
  if (open.type == KeyType::kOct) {
    FH_TRY(const Ready key, ready(use, Purpose::kCipher, Keep::kNo));
    const Bytes block(kCbcIvBytes, '\0');
    Bytes iv = block;
    const CK_MECHANISM mechanism{CKM_AES_CBC, iv.data(), iv.size()};
    FH_TRY(const Bytes one, encrypt_with(original, mechanism, block));
    FH_TRY(const Bytes other, encrypt_with(key.handle, mechanism, block));
    return one == other ? Result<>() : token_failed("a wrapped key is another one");
  }
  FH_TRY(const Ready key, ready(use, Purpose::kPrivate, Keep::kNo));
  const JoseAlgorithm& algorithm = trial(open);
  const Bytes digest(size_of(algorithm.hash), 't');
  FH_TRY([[maybe_unused]] const Bytes right, sign_private(key.handle, key.open.get(), algorithm, digest));
  return {};
}

Result<TokenKey> KeySession::wrap_up(Made made, const TokenKeyPlace& place) {
  const CK_MECHANISM mechanism{CKM_AES_KEY_WRAP_PAD, nullptr, 0};
  Kept kept;
  if (place.leaving == Leaving::kReleased) {
    FH_TRY(const Object above, generate_between());
    FH_TRY(kept.above, wrap_by(keys_.wrapping, mechanism, above.handle()));
    FH_TRY(kept.wrapped, wrap_by(above.handle(), mechanism, made.key.handle()));
  } else {
    FH_TRY(kept.wrapped, wrap_by(keys_.wrapping, mechanism, made.key.handle()));
  }
  TokenKeyUse use{.key = {.open = std::move(made.open)}, .place = place};
  FH_TRY(use.key.wrapped, seal(use.key.open, place.context, kept));
  FH_CHECK_OK(try_out(use, made.key.handle()));
  return std::move(use.key);
}

Result<TokenKey> KeySession::make(const TokenKeySpec& spec, const TokenKeyPlace& place) {
  FH_TRY(auto made, generate(spec));
  return wrap_up(std::move(made), place);
}

Result<TokenKey> KeySession::take_in(const JoseKey& key, const TokenKeyPlace& place) {
  FH_TRY(const PrivateNumbers hidden, key.hidden_numbers());
  FH_TRY(auto object, create(key.numbers(), hidden));
  return wrap_up({std::move(object), key.numbers()}, place);
}

Result<TokenKey> KeySession::move(const TokenKey& key, const TokenKeyPlace& from, const TokenKeyPlace& to) {
  FH_TRY(const Kept kept, unseal(key, from.context));
  TokenKey out{.open = key.open};
  FH_TRY(out.wrapped, seal(key.open, to.context, kept));
  return out;
}

Result<TokenKey> KeySession::take_in_wrapped(const TokenKeyUse& exchange, BytesView transferred, KeyType type,
                                             const TokenKeyPlace& place) {
  const std::size_t first = exchange.key.open.n.size();
  if (exchange.key.open.type != KeyType::kRsa || transferred.size() <= first ||
      transferred.size() > kMaxTransferredKey) {
    return wrong_input(std::string(kNoTransfer));
  }
  FH_TRY(const Ready key, ready(exchange, Purpose::kPrivate, Keep::kNo));
  CK_RSA_PKCS_OAEP_PARAMS oaep{CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, nullptr, 0};
  TokenAttributes between;
  between.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES).no(CKA_TOKEN).yes(CKA_PRIVATE);
  between.yes(CKA_SENSITIVE).no(CKA_EXTRACTABLE).yes(CKA_UNWRAP);
  const BytesView wrapped_aes = transferred.substr(0, first);
  const auto unwrap_aes = [&] {
    return unwrap_with(key.handle, {CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep}, wrapped_aes, between);
  };
  FH_TRY(const Object aes, judged(unwrap_aes, std::string(kNoTransfer)));
  TokenAttributes what;
  mark_passing(what, type);
  const bool secret = type == KeyType::kOct;
  what.number(CKA_CLASS, secret ? CKO_SECRET_KEY : CKO_PRIVATE_KEY);
  what.number(CKA_KEY_TYPE, secret ? CKK_AES : type == KeyType::kRsa ? CKK_RSA : CKK_EC);
  if (type == KeyType::kEc) what.yes(CKA_DERIVE);
  const auto unwrap_key = [&] {
    return unwrap_with(aes.handle(), {CKM_AES_KEY_WRAP_PAD, nullptr, 0}, transferred.substr(first), what);
  };
  FH_TRY(auto object, judged(unwrap_key, std::string(kNoTransfer)));
  if (type == KeyType::kOct) {
    // Wrapped with padding it is 8 bytes longer (SoftHSM2 doesn't say how long what it unwrapped is).
    const std::size_t length = transferred.size() - first - kWrapOverhead;
    if (length != 16 && length != 24 && length != 32) return wrong_input("A symmetric key has 128, 192 or 256 bits.");
    return wrap_up({std::move(object), {.type = type, .bits = static_cast<unsigned>(length * 8)}}, place);
  }
  FH_TRY(auto open, numbers_of_private(object.handle(), type));
  return wrap_up({std::move(object), std::move(open)}, place);
}

Result<PublicNumbers> KeySession::numbers_of_private(CK_OBJECT_HANDLE key, KeyType type) {
  if (type == KeyType::kEc) return point_of_private(key);
  FH_TRY(Bytes n, attribute(key, CKA_MODULUS));
  FH_TRY(Bytes e, attribute(key, CKA_PUBLIC_EXPONENT));
  return rsa_numbers(std::move(n), std::move(e));
}

// A private EC object has no point. Diffie-Hellman with the curve's generator gives its x; of the two y, a signature
// shows which.
Result<PublicNumbers> KeySession::point_of_private(CK_OBJECT_HANDLE key) {
  FH_TRY(const Bytes parameters, attribute(key, CKA_EC_PARAMS));
  for (const auto curve : {Curve::kP256, Curve::kP384, Curve::kP521, Curve::kP256K}) {
    if (parameters != curve_parameters(curve)) continue;
    const Bytes base = octet_string(generator_of(curve));
    CK_ECDH1_DERIVE_PARAMS with{CKD_NULL, 0, nullptr, base.size(), mutable_bytes(base)};
    CK_MECHANISM mechanism{CKM_ECDH1_DERIVE, &with, sizeof with};
    TokenAttributes as;
    as.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_GENERIC_SECRET).no(CKA_TOKEN).no(CKA_SENSITIVE);
    as.yes(CKA_EXTRACTABLE).number(CKA_VALUE_LEN, size_of(curve));
    CK_OBJECT_HANDLE shared = CK_INVALID_HANDLE;
    FH_CHECK_OK(
        check_pkcs11(module_->C_DeriveKey(handle_, &mechanism, key, as.data(), as.size(), &shared), "C_DeriveKey"));
    const Object coordinate(*this, shared);
    FH_TRY(const Bytes x, attribute(shared, CKA_VALUE));
    for (const bool odd : {false, true}) {
      FH_TRY(const auto open, point_with(curve, x, odd));
      const JoseAlgorithm& algorithm = trial(open);
      const Bytes digest(size_of(algorithm.hash), 't');
      FH_TRY(const PkeyPtr half, public_from(open));
      if (sign_private(key, half.get(), algorithm, digest)) return open;
    }
    return token_failed("neither point is the key's");
  }
  return wrong_input("The curve isn't one of P-256, P-384, P-521 and P-256K.");
}

}  // namespace freehold::crypto
