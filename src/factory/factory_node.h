// What the nodes of all factories share: they know the specification they were made from, and a
// computed table gives its rows to queries (TableProvider) and its bytes to readers (as Parquet).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pond/factory.h"
#include "pond/tinylogfs.h"

namespace pond::factory {

// Mixed into every node a factory makes; spec_of() finds it.
class FromSpec {
 public:
  explicit FromSpec(tinyfs::DynamicSpec spec) : spec_(std::move(spec)) {}
  virtual ~FromSpec() = default;
  const tinyfs::DynamicSpec& spec() const { return spec_; }
  tinyfs::NodeInfo dynamic_info(tinyfs::Kind kind) const;

 private:
  tinyfs::DynamicSpec spec_;
};

// A node inside a dynamic directory that has no configuration of its own gets the directory's, and
// an id that is the same every time: a UUIDv8 of the SHA-256 of the parent's id and the name.
tinyfs::NodeId child_id(const tinyfs::NodeId& parent, std::string_view name);

// A table or series that is the result of a query. Subclasses say which.
class ComputedFile : public tinyfs::File, public query::TableProvider {
 public:
  ComputedFile(const tinyfs::NodeId& id, tinyfs::Kind kind, tinyfs::NodeInfo info,
               Environment environment);

  tinyfs::NodeInfo info() const override { return info_; }
  // Parquet, written to a temporary file that goes away with the reader.
  std::unique_ptr<tinyfs::Reader> open(std::optional<std::uint64_t> version) const override;
  std::vector<tinyfs::VersionInfo> versions() const override;  // one: that of the configuration
  void write(tinyfs::Reader& content) override;                // ReadOnly
  using tinyfs::File::write;

 protected:
  const Environment& environment() const { return environment_; }

 private:
  tinyfs::NodeInfo info_;
  Environment environment_;
};

// The computed file that is a node.
class ComputedNode : public FromSpec, public ComputedFile {
 public:
  ComputedNode(const tinyfs::DynamicSpec& spec, tinyfs::Kind kind, const Environment& environment)
      : FromSpec(spec), ComputedFile(spec.id, kind, dynamic_info(kind), environment) {}
};

// A factory's `load` for nodes that are made from their specification alone.
template <typename Node>
tinyfs::NodePtr load_node(const tinyfs::DynamicSpec& spec, const Environment& environment) {
  return std::make_shared<Node>(spec, environment);
}

// A file of bytes that are computed when it is read.
class TextFile : public tinyfs::File {
 public:
  TextFile(const tinyfs::NodeId& id, tinyfs::NodeInfo info);
  tinyfs::NodeInfo info() const override { return info_; }
  std::unique_ptr<tinyfs::Reader> open(std::optional<std::uint64_t> version) const override;
  std::vector<tinyfs::VersionInfo> versions() const override;  // one: that of the configuration
  void write(tinyfs::Reader& content) override;                // ReadOnly
  using tinyfs::File::write;

 protected:
  virtual std::string text() const = 0;

 private:
  tinyfs::NodeInfo info_;
};

// A job has no content of its own; reading it shows its configuration.
class JobFile : public FromSpec, public TextFile {
 public:
  explicit JobFile(const tinyfs::DynamicSpec& spec)
      : FromSpec(spec), TextFile(spec.id, dynamic_info(tinyfs::Kind::Data)) {}

 protected:
  std::string text() const override { return spec().config + "\n"; }
};

// The stored file that is a node; Unsupported where the pond cannot store one.
tinylogfs::OpLogFile& stored_file(const tinyfs::NodePath& node);

FactoryType sql_derived_table();
FactoryType sql_derived_series();
FactoryType dynamic_dir();
FactoryType synthetic_timeseries();
FactoryType temporal_reduce();
FactoryType column_rename();
FactoryType timeseries_join();
FactoryType timeseries_pivot();
FactoryType combine();
FactoryType derive();
FactoryType template_text();
FactoryType inbox();
FactoryType copy_job();
FactoryType scribble();

}  // namespace pond::factory
