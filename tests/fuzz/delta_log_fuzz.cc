// Entries of a Delta log: a table of them is replayed, written on and read again through a
// checkpoint.
#include <arrow/type.h>

#include <sstream>

#include "delta/actions_json.h"
#include "delta/log_names.h"
#include "fuzz/fuzz.h"
#include "fuzz/memory_store.h"
#include "pond/delta.h"

using namespace pond;

namespace {

// Everything of a snapshot that outlives a checkpoint.
std::string shown(const delta::Snapshot& snapshot) {
  std::vector<delta::Action> actions{snapshot.protocol(), snapshot.metadata()};
  for (auto file : snapshot.files()) {
    file.data_change = false;  // PROTOCOL.md#checkpoints: of a commit, not of a file
    actions.emplace_back(std::move(file));
  }
  const std::string lines = delta::to_json_lines(actions);
  std::map<std::string, std::int64_t> txns;
  for (const auto& [app, txn] : snapshot.txns())
    txns[app] = txn.version;
  std::map<std::string, std::string> domains;
  for (const auto& [name, domain] : snapshot.domains())
    domains[name] = domain.configuration;
  std::ostringstream text;
  text << snapshot.version() << '\n' << lines;
  for (const auto& [app, version] : txns)
    text << app << '=' << version << '\n';
  for (const auto& [name, configuration] : domains)
    text << name << ':' << configuration << '\n';
  return text.str();
}

void read_entry(const std::string& text) {
  const auto actions = delta::from_json_lines(text, "entry");
  std::string lines;
  if (!fuzz::answers([&] { lines = delta::to_json_lines(actions); })) return;
  if (lines.empty()) return;
  const auto again = delta::from_json_lines(lines, "entry");
  fuzz::expect(again.size() == actions.size(), "as many actions", lines);
  fuzz::expect(delta::to_json_lines(again) == lines, "an entry survives", lines);
}

}  // namespace

// The input is log entries, each ended by a byte of 1.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto store = std::make_shared<fuzz::MemoryStore>();
  fuzz::Input input(data, size);
  for (std::int64_t version = 0; !input.empty(); ++version) {
    const std::string entry = input.text('\1');
    fuzz::answers([&] { read_entry(entry); });
    store->objects[delta::entry_key(version)] = entry;
  }
  fuzz::answers([&] {
    auto table = delta::Table::open(store);
    const auto snapshot = table.snapshot();
    for (std::int64_t version = 0; version <= snapshot.version(); ++version)
      fuzz::answers([&] { table.snapshot_at(version); });
    fuzz::answers([&] { table.snapshot_at_time(1'700'000'000'000'000); });
    fuzz::answers([&] { snapshot.files_of_partition("p"); });
    fuzz::answers([&] { delta::schema_from_json(snapshot.metadata().schema_string); });
    if (fuzz::answers([&] { table.checkpoint(snapshot); })) {
      const auto again = delta::Table::open(store).snapshot();
      fuzz::expect(shown(again) == shown(snapshot), "a checkpoint says the same",
                   shown(again) + "\n" + shown(snapshot));
    }
    fuzz::answers([&] {
      const auto make = [](std::int64_t, const delta::Snapshot& below) {
        delta::RemoveFile remove;
        remove.path = below.files().empty() ? "none" : below.files().front().path;
        return std::vector<delta::Action>{remove, delta::CommitInfo{"{}"}};
      };
      const auto result = table.commit(snapshot, make, nullptr);
      const auto next = delta::Table::open(store).snapshot();
      fuzz::expect(shown(next) == shown(result.snapshot), "a commit is read as it was made");
    });
  });
  return 0;
}
