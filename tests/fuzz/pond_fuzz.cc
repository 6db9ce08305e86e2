// Whole ponds with one damaged file: everything that can be read of them is read.
#include <arrow/api.h>

#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <vector>

#include "base/arrow_result.h"
#include "base/sha256.h"
#include "fuzz/damage.h"
#include "fuzz/scratch.h"
#include "oplog/inner.h"
#include "oplog/record.h"
#include "pond/query.h"
#include "pond/tinylogfs.h"

using namespace pond;
namespace stdfs = std::filesystem;

namespace {

// A dynamic node without a factory behind it.
class Stub : public tinyfs::File {
 public:
  explicit Stub(const tinyfs::DynamicSpec& spec) : File(spec.id), spec_(spec) {}
  tinyfs::NodeInfo info() const override { return {.dynamic = true, .factory = spec_.factory}; }
  std::unique_ptr<tinyfs::Reader> open(std::optional<std::uint64_t>) const override {
    return tinyfs::read_bytes(spec_.config);
  }
  std::vector<tinyfs::VersionInfo> versions() const override { return {{.version = 1}}; }
  void write(tinyfs::Reader&) override {}

 private:
  tinyfs::DynamicSpec spec_;
};

std::shared_ptr<tinylogfs::OpLogBackend> opened(const stdfs::path& directory) {
  auto backend = tinylogfs::OpLogBackend::open(directory);
  backend->set_dynamic_loader(
      [](const tinyfs::DynamicSpec& spec) { return std::make_shared<Stub>(spec); });
  return backend;
}

std::shared_ptr<arrow::Table> readings(int first, int count) {
  arrow::TimestampBuilder time(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                               arrow::default_memory_pool());
  arrow::DoubleBuilder value;
  for (int i = first; i < first + count; ++i) {
    check(time.Append(std::int64_t{i} * 60'000'000), "readings");
    check(value.Append(i * 0.1), "readings");
  }
  return arrow::Table::Make(
      arrow::schema(
          {arrow::field("timestamp", time.type()), arrow::field("value", arrow::float64())}),
      {unwrap(time.Finish(), "readings"), unwrap(value.Finish(), "readings")});
}

// A directory, each kind of node, contents inline, folded and in files; log entries and
// checkpoints.
void make_pond(const stdfs::path& directory) {
  auto backend = tinylogfs::OpLogBackend::create(directory, {}, {.command = "init"});
  backend->set_dynamic_loader(
      [](const tinyfs::DynamicSpec& spec) { return std::make_shared<Stub>(spec); });
  tinyfs::FS fs(backend);
  const auto commit = [&](const auto& change) {
    auto transaction = fs.begin();
    change(fs.root());
    transaction.commit({.command = "change"});
  };
  const auto append = [](tinyfs::WD root, const char* path, const auto& rows) {
    const auto node = root.get(path);
    dynamic_cast<tinylogfs::OpLogFile&>(node.as_file()).append(*rows);
  };
  commit([&](tinyfs::WD root) {
    root.create_directories("/a/b");
    root.create_file("/a/notes", tinyfs::Kind::Data).as_file().write("calm");
    root.create_file("/a/large", tinyfs::Kind::Data).as_file().write(std::string(70'000, 'x'));
    root.create_symlink("/link", "/a/notes");
    root.create_dynamic("/a/derived", "stub", R"({"query": "SELECT 1"})");
    root.create_file("/a/table", tinyfs::Kind::Table);
    append(root, "/a/table", readings(0, 3));
    root.create_file("/a/long.series", tinyfs::Kind::Series);
    append(root, "/a/long.series", readings(0, 5'000));
    root.create_file("/a/short.series", tinyfs::Kind::Series);
  });
  for (int i = 0; i < 11; ++i)
    commit([&](tinyfs::WD root) { append(root, "/a/short.series", readings(i * 4, 4)); });
}

// What can be read: by path and kind of question, the answer.
using Answers = std::map<std::string, std::string>;

class Reading {
 public:
  explicit Reading(tinylogfs::OpLogBackend& backend) : backend_(backend) {}

  Answers all() {
    node(*backend_.root(), "", 0);
    ask("/log", [&] {
      for (const auto& commit : backend_.oplog().log(0))
        fuzz::answers([&] { backend_.oplog().show(commit.txn); });
      return std::string("read");
    });
    return std::move(answers_);
  }

 private:
  template <typename Question>
  void ask(const std::string& name, Question question) {
    fuzz::answers([&] { answers_[name] = question(); });
  }

  void node(const tinyfs::Node& node, const std::string& path, int depth) {
    if (depth > 4) return;
    ask(path + " kind", [&] { return std::string(to_string(node.info().kind)); });
    if (const auto* directory = dynamic_cast<const tinyfs::Directory*>(&node)) {
      std::vector<tinyfs::DirEntry> entries;
      fuzz::answers([&] { entries = directory->entries(); });
      if (entries.empty()) {  // one of them may be what cannot be read
        for (const char* name : {"a", "b", "link", "notes", "large", "derived", "table",
                                 "long.series", "short.series"})
          fuzz::answers([&] {
            if (auto entry = directory->get(name)) entries.push_back({name, entry});
          });
      }
      for (const auto& entry : entries)
        this->node(*entry.node, path + "/" + entry.name, depth + 1);
    } else if (const auto* link = dynamic_cast<const tinyfs::Symlink*>(&node)) {
      ask(path + " target", [&] { return link->target(); });
    } else if (const auto* file = dynamic_cast<const tinyfs::File*>(&node)) {
      this->file(*file, path);
    }
  }

  void file(const tinyfs::File& file, const std::string& path) {
    fuzz::answers([&] { backend_.dynamic_spec(file); });
    std::vector<tinyfs::VersionInfo> versions;
    ask(path + " versions", [&] {
      versions = file.versions();
      return std::to_string(versions.size());
    });
    if (versions.size() > 3) versions.erase(versions.begin() + 1, versions.end() - 1);
    for (const auto& version : versions)
      ask(path + " v" + std::to_string(version.version), [&] {
        const auto reader = file.open(version.version);
        return Sha256::of(tinyfs::read_all(*reader));
      });
    const auto* stored = dynamic_cast<const tinylogfs::OpLogFile*>(&file);
    if (stored == nullptr) return;
    fuzz::answers([&] { stored->schema(); });
    fuzz::answers([&] { stored->details(); });
    fuzz::answers([&] { stored->version_at(now_); });
    fuzz::answers([&] { stored->time_column(); });
    fuzz::answers([&] { stored->segments(2); });
    fuzz::answers([&] { stored->segments_after(3); });
    ask(path + " rows", [&] {
      std::string rows;
      for (const auto& segment : stored->segments()) {
        const auto table = segment.ipc ? oplog::decode_table(segment.ipc->ToString(), path)
                                       : oplog::read_parquet(segment.parquet);
        rows += Sha256::of(oplog::encode_table(*table)).substr(0, 8);
      }
      return rows;
    });
  }

  tinylogfs::OpLogBackend& backend_;
  std::int64_t now_ = std::int64_t{1} << 60U;
  Answers answers_;
};

void query_all(const std::shared_ptr<tinylogfs::OpLogBackend>& backend) {
  tinyfs::FS fs(backend);
  fuzz::answers([&] { fs.root().glob("/**"); });
  query::Session session(&fs, {.restricted = false, .threads = 1});
  for (const char* sql : {"SELECT count(*), sum(value) FROM '/a/*.series'", "FROM '/a/table'"})
    fuzz::answers([&] {
      std::ostringstream out;
      query::write_result(*session.query(sql), query::Output::Csv, out);
    });
}

// Rows that say something else, in a file that is sound.
std::string with_other_rows(const std::string& parquet, fuzz::Input& input) {
  const auto stored = oplog::decode_records(parquet, tinyfs::kRootId, "rows", parquet.size());
  std::vector<oplog::Record> rows(stored.begin(), stored.end());
  while (!input.empty()) {
    oplog::Record& row = rows[input.byte() % rows.size()];
    const unsigned field = input.byte() % 16;
    const std::array texts{&row.content,    &row.history,  &row.schema,
                           &row.attributes, &row.location, &row.hash};
    const std::array numbers{&row.version, &row.first_version, &row.time_us,
                             &row.txn,     &row.size,          &row.rows};
    if (field < texts.size()) {
      fuzz::Input edit = input.part();
      *texts[field] = edit.byte() % 2 == 0 ? edit.rest() : fuzz::damaged(*texts[field], edit);
    } else if (field < texts.size() + numbers.size()) {
      *numbers[field - texts.size()] = input.integer();
    } else if (field == 12) {
      row.kind = static_cast<oplog::RowKind>(input.byte() % 6);
    } else if (field == 13) {
      row.node_id = rows[input.byte() % rows.size()].node_id;
    } else if (field == 14) {
      row.min_time_us = input.integer();
    } else {
      row.max_time_us = input.integer();
    }
  }
  return oplog::encode_records(rows);
}

std::string bytes_of(const stdfs::path& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
}

void write(const stdfs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

struct Scene {
  fuzz::Scratch scratch;
  stdfs::path pond = scratch.path() / "pond";
  std::vector<std::pair<stdfs::path, std::string>> files;  // sorted: rows come in the order made
  Answers whole;

  Scene() {
    make_pond(pond);
    for (const auto& entry : stdfs::recursive_directory_iterator(pond))
      if (entry.is_regular_file()) files.emplace_back(entry.path(), bytes_of(entry.path()));
    std::sort(files.begin(), files.end());
    whole = Reading(*opened(pond)).all();
    fuzz::expect(whole.size() > 20, "the pond is read", std::to_string(whole.size()));
  }
};

}  // namespace

// The input: which file, how to read, and the edits to it.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Scene scene;
  fuzz::Input input(data, size);
  const auto& chosen = scene.files[input.byte() % scene.files.size()];
  const stdfs::path& file = chosen.first;
  const std::string& bytes = chosen.second;
  const unsigned how = input.byte();
  const bool by_query = how / 4 % 16 == 1;
  const bool of_rows =
      file.extension() == ".parquet" && file.string().find("part_id=") != std::string::npos;
  const bool other_rows = of_rows && how % 4 >= 2;
  // Other rows, another file in its place, or edits.
  write(file, other_rows     ? with_other_rows(bytes, input)
              : how % 4 == 1 ? scene.files[input.byte() % scene.files.size()].second
                             : fuzz::damaged(bytes, input));
  fuzz::answers([&] {
    const auto backend = opened(scene.pond);
    if (by_query) return query_all(backend);
    const Answers answers = Reading(*backend).all();
    if (!of_rows || how % 4 != 0) return;
    for (const auto& [question, answer] : answers) {
      const auto expected = scene.whole.find(question);
      fuzz::expect(expected != scene.whole.end() && expected->second == answer,
                   "an error or the right answer", question + ": " + answer);
    }
  });
  write(file, bytes);
  return 0;
}
