// Contents of the pond as bytes, in one of the formats that leave it.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "cli/context.h"
#include "pond/query.h"
#include "pond/url.h"

namespace pond::cli {

// The bytes of data.
void write_data(const tinyfs::NodePath& node, const query::AsOf& as_of, std::ostream& out);

// A table or series as one Parquet file: the stored file itself where there is just one, else a new
// one.
void write_parquet(Context& context, const tinyfs::NodePath& node, const query::AsOf& as_of,
                   std::ostream& out);

// A table, series or tabular data in a format of queries.
void write_rows(Context& context, const tinyfs::NodePath& node, const query::AsOf& as_of,
                query::Output format, std::ostream& out);

// What a URL's format means for output; nullopt: as it is stored.
std::optional<query::Output> output_of(Format format);

void copy_stream(tinyfs::Reader& reader, std::ostream& out);

}  // namespace pond::cli
