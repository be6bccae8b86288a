// Draft: a change of a tenant's directory under way: the objects as they will be, and the rows that make them so.
#pragma once

#include "keys/sealed_rows.h"
#include "src/snapshot.h"

namespace freehold::directory {

// Made by DirectoryStore::change for whoever has the turn; one commit holds all of it or nothing of it happens.
class Draft {
 public:
  explicit Draft(Objects objects) : objects_(std::move(objects)) {}
  [[nodiscard]] const Objects& objects() const { return objects_; }

  void put(User user);
  void put(Group group);
  void put(Device device);
  void put(Application application);
  void put(ServicePrincipal principal);
  void put(ExternalDirectory external);
  void remove_external(TenantId external);
  // Of whatever kind it is: its rows go, what is personal first among them, and it leaves every group.
  void remove(PrincipalId object);
  // Rows of others that belong to the change (sessions).
  [[nodiscard]] keys::RowChange& rows() { return rows_; }

  [[nodiscard]] Objects take_objects() { return std::move(objects_); }
  // kExhausted: an object has outgrown its row.
  [[nodiscard]] Result<keys::RowChange> take_rows();

 private:
  void put_row(Bytes key, Bytes value);
  void delete_row(Bytes key);
  Objects objects_;
  keys::RowChange rows_;
};

}  // namespace freehold::directory
