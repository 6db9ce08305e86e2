#include "query/table_output.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "pond/query.h"
#include "query/cell_text.h"

namespace pond::query {
namespace {

constexpr std::size_t kSampleRows = 10000;

using Row = std::vector<std::string>;

// Characters, not bytes: UTF-8 continuation bytes don't count.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// A value on one line, and nothing in it that a terminal would take for a command.
std::string flat(std::string text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::none_of(text.begin(), text.end(), control)) return text;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string one_line;
  for (const char c : text) {
    switch (c) {
      case '\n':
        one_line += "\\n";
        break;
      case '\r':
        one_line += "\\r";
        break;
      case '\t':
        one_line += "\\t";
        break;
      default:
        if (!control(c)) {
          one_line += c;
        } else {
          one_line += "\\x";
          one_line += kHex[static_cast<unsigned char>(c) >> 4U];
          one_line += kHex[static_cast<unsigned char>(c) & 15U];
        }
    }
  }
  return one_line;
}

class Printer {
 public:
  Printer(const arrow::Schema& schema, std::ostream& out) : out_(out) {
    for (const auto& field : schema.fields()) {
      names_.push_back(flat(field->name()));
      types_.push_back(type_name(*field->type()));
    }
  }

  void add(Row row) {
    ++rows_;
    if (begun_) return print(row);
    sample_.push_back(std::move(row));
    if (sample_.size() >= kSampleRows) begin();
  }

  std::uint64_t finish() {
    if (rows_ == 0) {
      out_ << "No data found\n";
      return 0;
    }
    begin();
    border();
    out_ << "Summary: " << rows_ << " total rows\n";
    return rows_;
  }

 private:
  void begin() {
    if (begun_) return;
    begun_ = true;
    widths_.assign(names_.size(), 0);
    const auto widen = [this](const Row& row) {
      for (std::size_t i = 0; i < row.size(); ++i)
        widths_[i] = std::max(widths_[i], width_of(row[i]));
    };
    widen(names_);
    widen(types_);
    for (const Row& row : sample_)
      widen(row);
    border();
    print(names_);
    print(types_);
    border();
    for (const Row& row : sample_)
      print(row);
    sample_.clear();
    sample_.shrink_to_fit();
  }

  void border() {
    line_ = "+";
    for (const std::size_t width : widths_)
      line_.append(width + 2, '-') += '+';
    out_ << (line_ += '\n');
  }

  void print(const Row& row) {
    line_ = "|";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line_ += ' ';
      line_ += row[i];
      const std::size_t width = width_of(row[i]);
      if (width < widths_[i]) line_.append(widths_[i] - width, ' ');
      line_ += " |";
    }
    out_ << (line_ += '\n');
  }

  std::ostream& out_;
  Row names_;
  Row types_;
  std::vector<std::size_t> widths_;
  std::vector<Row> sample_;
  std::string line_;
  std::uint64_t rows_ = 0;
  bool begun_ = false;
};

}  // namespace

std::uint64_t write_table(arrow::RecordBatchReader& result, std::ostream& out) {
  Printer printer(*result.schema(), out);
  for_each_batch(result, [&](const std::shared_ptr<arrow::RecordBatch>& batch) {
    for (std::int64_t i = 0; i < batch->num_rows(); ++i) {
      Row row(static_cast<std::size_t>(batch->num_columns()));
      for (int column = 0; column < batch->num_columns(); ++column) {
        const auto& array = *batch->column(column);
        std::string& cell = row[static_cast<std::size_t>(column)];
        if (array.IsNull(i)) {
          cell = "NULL";
        } else {
          append_cell(cell, array, i, TextStyle::Plain);
          cell = flat(std::move(cell));
        }
      }
      printer.add(std::move(row));
    }
  });
  return printer.finish();
}

}  // namespace pond::query
