// Delta tables of the host.
#include "pond/object_store.h"
#include "query/delta_relation.h"
#include "query/session_state.h"

namespace pond::query {
namespace {

delta::Snapshot snapshot_of(const delta::Table& table, const AsOf& as_of) {
  if (as_of.version) return table.snapshot_at(static_cast<std::int64_t>(*as_of.version));
  if (as_of.time_us) return table.snapshot_at_time(*as_of.time_us);
  return table.snapshot();
}

}  // namespace

void Session::State::add_delta(UnionRelation& to, const Url& url, const AsOf& as_of) {
  const std::string shown = url.to_string();
  if (!url.host)
    throw Error(ErrorCode::InvalidArgument, "a Delta table is a directory of the host: " + shown,
                "write host+delta://" + url.path);
  if (tinyfs::has_wildcards(url.path))
    throw Error(ErrorCode::InvalidArgument, "a pattern names files, not a Delta table: " + shown,
                "name one directory, and join tables by UNION ALL BY NAME");
  if (url.compression != Compression::None)
    throw Error(ErrorCode::InvalidArgument, "a Delta table has no compression: " + shown,
                "leave it out: each of its files tells its own");
  const auto directory = std::filesystem::absolute(host_files(url, options.host_directory).front());
  const auto table = delta::Table::open(open_local_store(directory));
  to.add(delta_relation(table, snapshot_of(table, as_of), *rows,
                        [&](const std::filesystem::path& file) { grant(file, file.string()); }));
}

}  // namespace pond::query
