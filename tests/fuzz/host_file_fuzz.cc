// Arrow, JSON, Parquet and compressed files of the host, queried as a user would.
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/api.h>

#include <array>
#include <fstream>
#include <sstream>

#include "base/arrow_result.h"
#include "fuzz/damage.h"
#include "fuzz/scratch.h"
#include "oplog/inner.h"
#include "pond/query.h"

using namespace pond;

namespace {

std::shared_ptr<arrow::Table> rows() {
  arrow::Int64Builder number;
  arrow::StringBuilder text;
  const auto item = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder list(arrow::default_memory_pool(), item);
  arrow::StringDictionary32Builder word;
  for (int i = 0; i < 6; ++i) {
    check(number.Append(i), "rows");
    check(i == 3 ? text.AppendNull() : text.Append(std::string(static_cast<std::size_t>(i), 'x')),
          "rows");
    check(list.Append(), "rows");
    check(item->Append("item"), "rows");
    check(word.Append(i % 2 == 0 ? "even" : "odd"), "rows");
  }
  std::shared_ptr<arrow::Array> words;
  check(word.Finish(&words), "rows");
  const auto numbers = unwrap(number.Finish(), "rows"), texts = unwrap(text.Finish(), "rows"),
             lists = unwrap(list.Finish(), "rows");
  return arrow::Table::Make(
      arrow::schema({arrow::field("number", numbers->type()), arrow::field("text", texts->type()),
                     arrow::field("list", lists->type()), arrow::field("word", words->type())}),
      {numbers, texts, lists, words});
}

std::string arrow_file() {
  const auto table = rows();
  const auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "rows");
  const auto writer = unwrap(arrow::ipc::MakeFileWriter(sink, table->schema()), "rows");
  check(writer->WriteTable(*table), "rows");
  check(writer->Close(), "rows");
  return unwrap(sink->Finish(), "rows")->ToString();
}

}  // namespace

// The input: the format in the URL, then the file.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Scratch scratch;
  static query::Session session(nullptr, {.restricted = false, .threads = 1});
  static const std::array<std::string, 2> valid{oplog::encode_table(*rows()), arrow_file()};
  static constexpr std::array kFormats{"arrow", "json", "csv+gzip", "json+zstd", "arrow+bzip2"};
  fuzz::Input input(data, size);
  const std::string url = std::string("host+") + kFormats[input.byte() % kFormats.size()] + "://" +
                          (scratch.path() / "file").string();
  std::ofstream(scratch.path() / "file", std::ios::binary | std::ios::trunc)
      << fuzz::raw_or_damaged(valid, input);
  fuzz::answers([&] {
    std::ostringstream out;
    query::write_result(*session.query("SELECT * FROM source", {{"source", url}}),
                        query::Output::Json, out);
  });
  return 0;
}
