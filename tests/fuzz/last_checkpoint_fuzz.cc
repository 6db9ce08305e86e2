// `_last_checkpoint` is a hint: whatever it says, the table is the same.
#include <arrow/type.h>

#include "delta/log_names.h"
#include "fuzz/fuzz.h"
#include "fuzz/memory_store.h"
#include "pond/delta.h"

using namespace pond;

namespace {

// Five versions, with checkpoints of the second and the fourth.
std::map<std::string, std::string> table_objects() {
  const auto store = std::make_shared<fuzz::MemoryStore>();
  delta::Metadata metadata;
  metadata.id = "00000000-0000-7000-8000-000000000001";
  metadata.schema_string =
      delta::schema_to_json(*arrow::schema({arrow::field("a", arrow::int64())}));
  auto table = delta::Table::create(store, {}, metadata, {});
  for (int i = 0; i < 4; ++i) {
    const auto make = [i](std::int64_t, const delta::Snapshot&) {
      delta::AddFile add;
      add.path = std::to_string(i) + ".parquet";
      return std::vector<delta::Action>{add};
    };
    const auto snapshot = table.commit(table.snapshot(), make, nullptr).snapshot;
    if (i % 2 == 0) table.checkpoint(snapshot);
  }
  return store->objects;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto objects = table_objects();
  const auto store = std::make_shared<fuzz::MemoryStore>();
  store->objects = objects;
  store->objects[std::string(delta::kLastCheckpointKey)] =
      std::string(reinterpret_cast<const char*>(data), size);
  auto table = delta::Table::open(store);
  const auto snapshot = table.snapshot();
  fuzz::expect(snapshot.version() == 4 && snapshot.files().size() == 4, "the same table");
  table.checkpoint(snapshot);
  fuzz::expect(delta::Table::open(store).snapshot().files().size() == 4, "the same table");
  return 0;
}
