// What a record costs: on the request's thread, and in all. Prints nanoseconds of CPU a record.
//
//   bench_audit [RECORDS]
#include <time.h>

#include <cstdio>
#include <cstdlib>

#include "audit/log.h"
#include "runtime/task_scope.h"
#include "store/reference_engine.h"

using namespace freehold;
using namespace freehold::gate::audit;

namespace {

class BenchKeys final : public TenantAuditKeys {
 public:
  Result<Secret> batch_key(TenantId) override { return Secret(std::size_t{32}); }
  Result<Secret> pseudonym_key(TenantId) override { return Secret(std::size_t{32}); }
};

double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Record make_record(const Clock& clock, Random& random, TenantId tenant, int i) {
  Record r;
  r.time = clock.now();
  r.request = random_id<RequestId>(random);
  r.tenant = tenant;
  r.operation = "Get Blob";
  r.credential = "SharedKey";
  r.caller = "account key 1 of default7k2q9x";
  r.address = "192.0.2." + std::to_string(i % 200);
  r.resource = "/default7k2q9x/backups/data/0" + std::to_string(i % 10) + "/" + std::to_string(i * 7919LL);
  r.decision = "allowed";
  r.status = 200;
  r.bytes_out = 4096;
  return r;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 400'000;
  SystemClock clock;
  SystemRandom random;
  store::HybridClock hybrid(clock, random);
  const auto engine = store::make_reference_engine(clock);
  BenchKeys keys;
  LogOptions options;
  options.front_end = "bench";
  options.origin = "bench/audit";
  options.signing_seed = Secret(std::size_t{32});
  options.epoch = {1};
  const TenantId tenant = random_id<TenantId>(random);
  auto log = open_log(std::move(options), engine->partitions(), keys, clock, random, hybrid);
  if (!log) return 1;

  // In rounds of what 25 ms bring at 40,000 a second; a request builds its record whether or not there is a log.
  std::vector<Record> records;
  double on_request_s = 0;
  double in_all_s = 0;
  int refused = 0;
  for (int done = 0; done < count;) {
    records.clear();
    for (int i = 0; i < 1000; ++i) records.push_back(make_record(clock, random, tenant, done++));
    const auto process_before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    const auto thread_before = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (auto& record : records) {
      auto slot = (*log)->reserve(tenant);
      if (slot) {
        (*log)->append(std::move(*slot), std::move(record));
      } else {
        ++refused;
      }
    }
    on_request_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - thread_before;
    if (done % 5000 == 0) (void)(*log)->flush();
    in_all_s += cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - process_before;
  }
  const auto before_stop = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  (*log)->stop();
  in_all_s += cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before_stop;
  std::printf("reserve and append: %.0f ns a record; in all: %.0f ns a record; %d records, %d refused\n",
              on_request_s * 1e9 / count, in_all_s * 1e9 / count, count, refused);
  return refused == 0 ? 0 : 1;
}
