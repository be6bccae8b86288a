// BatchLog: the durable log as it is made (audit/log.h says what it does).
#pragma once

#include <condition_variable>
#include <thread>
#include <unordered_set>

#include "attached_row.h"
#include "audit/log.h"
#include "queue.h"
#include "spool.h"
#include "tenant_keys.h"
#include "writer.h"

namespace freehold::gate::audit {

// Rows of this process are told by the second half of their ids, drawn when the log is opened.
[[nodiscard]] inline Bytes attached_key_of(std::uint64_t number, std::uint64_t process) {
  Bytes key(kAttachedPrefix);
  append_u64(key, number);
  append_u64(key, process);
  return key;
}

// Owned by whoever opened it, thread-safe as DurableLog asks. Its thread, or flush(), carries records from the queue to
// the writer, or into the spool while the store refuses.
class BatchLog final : public DurableLog {
 public:
  BatchLog(LogOptions options, VerifierKey key, store::PartitionStore& store, TenantAuditKeys& keys, const Clock& clock,
           Random& random, store::HybridClock& hybrid, StoredLog stored);
  ~BatchLog() override;

  Result<Slot> reserve(TenantId tenant) override;
  void append(Slot slot, Record record) override;
  AttachedRecord attach(const store::PartitionId& partition, const Record& record) override;
  void settle(Slot slot, store::PartitionId partition, AttachedRecord attached, Record record) override;
  runtime::Task<Result<>> append_durably(Record record) override;

  Result<Recovered> recover(store::PartitionId partition) override;
  Result<> flush() override;
  void stop() override;
  std::string checkpoint() const override { return writer_.note(); }
  const VerifierKey& verifier_key() const override { return key_; }
  Result<std::string> resolve_pseudonym(TenantId tenant, std::string_view pseudonym) override;
  Result<> erase_pseudonym(TenantId tenant, std::string_view pseudonym) override;

 private:
  enum class Urgency { kBatch, kNow };
  [[nodiscard]] bool store_refuses_too_long() const;
  void enqueue(Entry entry, Urgency urgency);
  void run();
  [[nodiscard]] Result<> flush_locked();
  [[nodiscard]] Result<> write_out();
  // --- the spool ---
  void begin_spool();
  [[nodiscard]] Result<> spool_out();
  [[nodiscard]] Result<> spool_prepared();
  [[nodiscard]] Result<> spool_carried();
  [[nodiscard]] Result<store::KeyValue> seal_for_spool(const Record& record, const Bytes& key);
  [[nodiscard]] Bytes spool_key(bool pseudonymised);
  [[nodiscard]] bool wants_spool(const Entry& entry) const;
  [[nodiscard]] Result<> drain();
  [[nodiscard]] Result<> take_up(const SpoolFrame& frame);
  [[nodiscard]] Result<> finish_spool();
  [[nodiscard]] Result<> recover_page(const store::PartitionId& partition, const store::ScanPage& page,
                                      Recovered& found);
  void fail_waiters();

  const LogOptions options_;
  const VerifierKey key_;
  store::PartitionStore& store_;
  const Clock& clock_;
  Random& random_;
  store::HybridClock& hybrid_;
  const std::uint64_t process_;
  TenantKeys tenant_keys_;
  const std::shared_ptr<Room> room_;  // shared with slots, which may outlive the log
  Queue queue_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> broken_{false};
  std::atomic<bool> overgrown_{false};
  static constexpr std::int64_t kNotWaiting = -1;
  std::atomic<std::int64_t> waiting_since_us_{kNotWaiting};  // since when no flush has ended well

  std::mutex flush_mutex_;  // guards the rest but the wake-up
  Pseudonyms pseudonyms_;
  Sweeper sweeper_;
  Writer writer_;
  WordPool words_;
  std::vector<Entry> carried_;                // taken from the queue, not yet written
  std::unordered_set<Bytes> recovered_keys_;  // rows that recover() has taken up
  const store::PartitionId log_partition_;
  const store::PartitionId spool_partition_;
  Spool spool_;
  std::uint64_t spooled_ = 0;               // numbers given to spooled records
  std::unordered_set<Bytes> drained_keys_;  // spooled records that were read back
  std::optional<SpoolFrame> frame_;         // read back, and not yet taken up
  bool told_ = false;                       // that the store refuses

  std::mutex wake_mutex_;
  std::condition_variable wake_;
  bool due_ = false;
  bool urgent_ = false;
  bool stopping_ = false;
  std::mutex stop_mutex_;  // one stop() at a time
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace freehold::gate::audit
