// CSV files of the host: how they are written, which row is broken, and a query over them.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fuzz/fuzz.h"
#include "fuzz/scratch.h"
#include "pond/query.h"
#include "query/csv_dialect.h"

using namespace pond;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Scratch scratch;
  static query::Session session(nullptr, {.restricted = false, .threads = 1});
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto file = scratch.path() / "f.csv";
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;

  const auto dialect = query::csv_dialect(std::string_view(text).substr(0, 4096));
  fuzz::expect(std::string_view(",;\t|").find(dialect.delimiter) != std::string_view::npos,
               "a delimiter that is known");
  query::broken_csv_row(file, dialect.delimiter);
  fuzz::answers([&] {
    const auto reader =
        session.query("SELECT * FROM source", {{"source", "host+csv://" + file.string()}});
    std::ostringstream out;
    query::write_result(*reader, query::Output::Table, out);
  });
  return 0;
}
