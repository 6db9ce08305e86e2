// Results in the formats of the command line.
#include <arrow/array.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>

#include <ostream>

#include "base/arrow_result.h"
#include "pond/query.h"
#include "query/cell_text.h"
#include "query/table_output.h"

namespace pond::query {
namespace {

// Text is written in pieces of about this size.
constexpr std::size_t kPiece = std::size_t{1} << 18;
constexpr std::int64_t kRowGroup = 122880;

// An Arrow stream over a std::ostream, which may be a pipe.
class StreamSink : public arrow::io::OutputStream {
 public:
  explicit StreamSink(std::ostream& out) : out_(out) {}
  arrow::Status Close() override {
    closed_ = true;
    return Flush();
  }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return written_; }
  arrow::Status Write(const void* data, std::int64_t size) override {
    out_.write(static_cast<const char*>(data), size);
    written_ += size;
    return out_ ? arrow::Status::OK() : arrow::Status::IOError("the output is closed or full");
  }
  arrow::Status Flush() override {
    out_.flush();
    return out_ ? arrow::Status::OK() : arrow::Status::IOError("the output is closed or full");
  }

 private:
  std::ostream& out_;
  std::int64_t written_ = 0;
  bool closed_ = false;
};

void put(std::ostream& out, std::string& text, bool all) {
  if (!all && text.size() < kPiece) return;
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  text.clear();
}

// RFC 4180, with "\n" at the end of lines. A null is an empty field, an empty text "".
void append_csv_field(std::string& to, std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(",\"\n\r") == std::string_view::npos &&
                     text.front() != ' ' && text.back() != ' ';
  if (plain) {
    to += text;
    return;
  }
  to += '"';
  for (const char c : text) {
    if (c == '"') to += '"';
    to += c;
  }
  to += '"';
}

std::uint64_t write_csv(arrow::RecordBatchReader& result, std::ostream& out) {
  std::string text;
  const auto& fields = result.schema()->fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) text += ',';
    append_csv_field(text, fields[i]->name());
  }
  text += '\n';
  std::uint64_t rows = 0;
  std::string cell;
  for_each_batch(result, [&](const std::shared_ptr<arrow::RecordBatch>& batch) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      for (int column = 0; column < batch->num_columns(); ++column) {
        if (column > 0) text += ',';
        if (batch->column(column)->IsNull(row)) continue;
        cell.clear();
        append_cell(cell, *batch->column(column), row, TextStyle::Plain);
        append_csv_field(text, cell);
      }
      text += '\n';
      put(out, text, false);
    }
    rows += static_cast<std::uint64_t>(batch->num_rows());
  });
  put(out, text, true);
  return rows;
}

std::uint64_t write_json(arrow::RecordBatchReader& result, std::ostream& out) {
  std::vector<std::string> keys;
  for (const auto& field : result.schema()->fields()) {
    append_json_string(keys.emplace_back(), field->name());
    keys.back() += ": ";
  }
  std::string text;
  std::uint64_t rows = 0;
  for_each_batch(result, [&](const std::shared_ptr<arrow::RecordBatch>& batch) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      text += '{';
      for (int column = 0; column < batch->num_columns(); ++column) {
        if (column > 0) text += ", ";
        text += keys[static_cast<std::size_t>(column)];
        append_cell(text, *batch->column(column), row, TextStyle::Json);
      }
      text += "}\n";
      put(out, text, false);
    }
    rows += static_cast<std::uint64_t>(batch->num_rows());
  });
  put(out, text, true);
  return rows;
}

// Batches of a query are small; these are as large as a row group.
template <typename Use>
std::uint64_t for_each_group(arrow::RecordBatchReader& result, Use use) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> group;
  std::int64_t gathered = 0;
  std::uint64_t rows = 0;
  const auto flush = [&] {
    if (group.empty()) return;
    use(unwrap(arrow::Table::FromRecordBatches(result.schema(), group), "the result"));
    group.clear();
    gathered = 0;
  };
  for_each_batch(result, [&](const std::shared_ptr<arrow::RecordBatch>& batch) {
    if (gathered + batch->num_rows() > kRowGroup) flush();
    group.push_back(batch);
    gathered += batch->num_rows();
    rows += static_cast<std::uint64_t>(batch->num_rows());
  });
  flush();
  return rows;
}

std::uint64_t write_parquet(arrow::RecordBatchReader& result, std::ostream& out) {
  const std::string context = "write Parquet";
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(parquet::Compression::ZSTD)
                              ->max_row_group_length(kRowGroup)
                              ->build();
  auto writer =
      unwrap(parquet::arrow::FileWriter::Open(*result.schema(), arrow::default_memory_pool(),
                                              std::make_shared<StreamSink>(out), properties),
             context, ErrorCode::Io);
  const std::uint64_t rows =
      for_each_group(result, [&](const std::shared_ptr<arrow::Table>& table) {
        check(writer->WriteTable(*table, kRowGroup), context, ErrorCode::Io);
      });
  check(writer->Close(), context, ErrorCode::Io);
  out.flush();
  return rows;
}

std::uint64_t write_arrow(arrow::RecordBatchReader& result, std::ostream& out) {
  const std::string context = "write Arrow";
  const auto writer =
      unwrap(arrow::ipc::MakeStreamWriter(std::make_shared<StreamSink>(out), result.schema()),
             context, ErrorCode::Io);
  const std::uint64_t rows =
      for_each_group(result, [&](const std::shared_ptr<arrow::Table>& table) {
        const auto batch = unwrap(table->CombineChunksToBatch(), context);
        check(writer->WriteRecordBatch(*batch), context, ErrorCode::Io);
      });
  check(writer->Close(), context, ErrorCode::Io);
  out.flush();
  return rows;
}

}  // namespace

Output parse_output(std::string_view name) {
  if (name == "table") return Output::Table;
  if (name == "csv") return Output::Csv;
  if (name == "json") return Output::Json;
  if (name == "parquet") return Output::Parquet;
  if (name == "arrow") return Output::Arrow;
  const std::string near = nearest(name, {"table", "csv", "json", "parquet", "arrow"});
  throw Error(ErrorCode::InvalidArgument, "unknown output format '" + std::string(name) + "'",
              (near.empty() ? std::string() : "did you mean '" + near + "'? ") +
                  "formats: table, csv, json, parquet, arrow");
}

std::uint64_t write_result(arrow::RecordBatchReader& result, Output format, std::ostream& out) {
  std::uint64_t rows = 0;
  switch (format) {
    case Output::Table:
      rows = write_table(result, out);
      break;
    case Output::Csv:
      rows = write_csv(result, out);
      break;
    case Output::Json:
      rows = write_json(result, out);
      break;
    case Output::Parquet:
      rows = write_parquet(result, out);
      break;
    case Output::Arrow:
      rows = write_arrow(result, out);
      break;
  }
  if (!out.flush())
    throw Error(ErrorCode::Io, "cannot write the result: the output is closed or full");
  return rows;
}

}  // namespace pond::query
