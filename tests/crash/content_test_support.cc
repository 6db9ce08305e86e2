#include "content_test_support.h"

#include <arrow/api.h>

#include <map>

#include "base/sha256.h"
#include "oplog/inner.h"
#include "pond/check.h"
#include "pond/tinylogfs.h"

namespace pond::crash {
namespace fs = std::filesystem;
namespace {

using tinylogfs::OpLogBackend;
using tinylogfs::OpLogFile;
using tinylogfs::Segment;

// A dynamic node as it is stored: its configuration.
class Configured : public tinyfs::Node {
 public:
  using tinyfs::Node::Node;
  tinyfs::NodeInfo info() const override {
    tinyfs::NodeInfo info;
    info.dynamic = true;
    return info;
  }
};

std::shared_ptr<arrow::Table> rows_of(const Segment& segment) {
  const auto table = segment.ipc != nullptr
                         ? oplog::decode_table(segment.ipc->ToString(), "inline rows")
                         : oplog::read_parquet(segment.parquet);
  return table->Slice(static_cast<std::int64_t>(segment.first_row),
                      static_cast<std::int64_t>(segment.last_row - segment.first_row));
}

// The values of a column, whatever its chunks and however nulls are kept.
void add_values(std::string& text, const arrow::ChunkedArray& column) {
  for (const auto& chunk : column.chunks()) {
    for (std::int64_t i = 0; i < chunk->length(); ++i) {
      if (chunk->IsNull(i)) {
        text += '-';
        continue;
      }
      text += '=';
      const auto add = [&](auto value) {
        text.append(reinterpret_cast<const char*>(&value), sizeof value);
      };
      switch (chunk->type_id()) {
        case arrow::Type::INT64:
          add(static_cast<const arrow::Int64Array&>(*chunk).Value(i));
          break;
        case arrow::Type::TIMESTAMP:
          add(static_cast<const arrow::TimestampArray&>(*chunk).Value(i));
          break;
        case arrow::Type::DOUBLE:
          add(static_cast<const arrow::DoubleArray&>(*chunk).Value(i));
          break;
        default:
          text += chunk->GetScalar(i).ValueOrDie()->ToString() + "|";
      }
    }
  }
}

// Columns by name; one that a segment lacks is null there.
std::string digest(const std::vector<Segment>& segments) {
  std::map<std::string, std::string> columns;
  std::size_t before = 0;
  for (const auto& segment : segments) {
    const auto table = rows_of(segment);
    const auto rows = static_cast<std::size_t>(table->num_rows());
    std::map<std::string, std::size_t> length;
    for (auto& [name, text] : columns)
      if (table->GetColumnByName(name) == nullptr) text.append(rows, '-');
    for (int i = 0; i < table->num_columns(); ++i) {
      const auto& name = table->field(i)->name();
      auto& text = columns.try_emplace(name, std::string(before, '-')).first->second;
      add_values(text, *table->column(i));
    }
    before += rows;
  }
  std::string all = std::to_string(before) + " rows";
  for (const auto& [name, text] : columns)
    all += ", " + name + " " + Sha256::of(text).substr(0, 16);
  return all;
}

std::string text_of(const OpLogFile& file, tinyfs::Kind kind) {
  std::string text;
  const auto details = file.details();
  for (const auto& one : details) {
    text += "  v" + std::to_string(one.version) + " txn " + std::to_string(one.txn) + " " +
            std::to_string(one.size) + " bytes " + std::to_string(one.rows) + " rows " + one.hash +
            " " + one.attributes + "\n";
    if (kind == tinyfs::Kind::Data) {
      const std::string bytes = tinyfs::read_all(*file.open(one.version));
      text += "    " + Sha256::of(bytes) + "\n";
    } else if (kind == tinyfs::Kind::Table) {
      text += "    " + digest(file.segments(one.version)) + "\n";
    }
  }
  if (kind == tinyfs::Kind::Series && !details.empty())
    text += "    " + digest(file.segments()) + "\n";
  return text;
}

void walk(OpLogBackend& backend, const tinyfs::Directory& directory, const std::string& above,
          std::string& text) {
  for (const auto& [name, node] : directory.entries()) {
    const std::string path = above + "/" + name;
    if (const auto spec = backend.dynamic_spec(*node)) {
      text += path + " " + spec->factory + " v" + std::to_string(spec->version) + " " +
              Sha256::of(spec->config) + "\n";
      continue;
    }
    const auto info = node->info();
    text += path + " " + std::string(to_string(info.kind)) + " " + node->id().to_string() + "\n";
    if (info.kind == tinyfs::Kind::Directory) {
      walk(backend, dynamic_cast<const tinyfs::Directory&>(*node), path, text);
    } else if (info.kind == tinyfs::Kind::Symlink) {
      text += "  -> " + dynamic_cast<const tinyfs::Symlink&>(*node).target() + "\n";
    } else {
      text += text_of(*tinylogfs::as_oplog_file(*node), info.kind);
    }
  }
}

std::shared_ptr<OpLogBackend> open(const fs::path& pond) {
  auto backend = OpLogBackend::open(pond);
  backend->set_dynamic_loader(
      [](const tinyfs::DynamicSpec& spec) { return std::make_shared<Configured>(spec.id); });
  return backend;
}

bool made(const fs::path& pond) {
  // The first entry may have expired; a checkpoint has not.
  return fs::exists(pond / "_delta_log" / "00000000000000000000.json") ||
         fs::exists(pond / "_delta_log" / "_last_checkpoint");
}

}  // namespace

std::string read_pond(const fs::path& pond) {
  if (!made(pond)) return kNoPond;
  const auto backend = open(pond);
  std::string text = "pond " + backend->oplog().pond_id().to_string() + "\n";
  walk(*backend, *backend->root(), "", text);
  return text;
}

void check_whole(const fs::path& pond) {
  if (!made(pond)) return;
  const CheckReport report = check_pond(OpLogBackend::open(pond)->oplog(), {});
  if (report.damages.empty()) return;
  const Damage& first = report.damages.front();
  throw Error(ErrorCode::Corrupt, "fsck: " + first.where + ": " + first.what);
}

void commit_next(const fs::path& pond, const std::string& content, bool all) {
  constexpr const char* kName = "after the power came back";
  if (content == kNoPond) {
    OpLogBackend::create(pond, {.birthplace = "here"}, {.command = "init"});
  }
  {
    tinyfs::FS files(open(pond));
    auto transaction = files.begin();
    files.root().create_directory("/" + std::string(kName));
    const auto note =
        files.root().create_file("/" + std::string(kName) + "/note", tinyfs::Kind::Data);
    note.as_file().write("the pond goes on");
    transaction.commit({.command = "next"});
  }
  tinyfs::FS files(open(pond));
  const auto note = files.root().get("/" + std::string(kName) + "/note");
  if (tinyfs::read_all(*note.as_file().open()) != "the pond goes on")
    throw Error(ErrorCode::Corrupt, "the next commit cannot be read back");
  if (!all) return;
  std::string text = read_pond(pond);
  const std::string expected = content == kNoPond ? text.substr(0, text.find('\n') + 1) : content;
  // What the next commit added stands at one place in the order of names.
  const std::size_t begin = text.find("/" + std::string(kName) + " ");
  std::size_t end = text.find("\n/", text.find("/note ", begin));
  end = end == std::string::npos ? text.size() : end + 1;
  text.erase(begin, end - begin);
  if (text != expected)
    throw Error(ErrorCode::Corrupt, "the next commit changed something else: " + text);
}

}  // namespace pond::crash
