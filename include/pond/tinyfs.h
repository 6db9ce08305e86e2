// TinyFS: a virtual filesystem over a pluggable Backend. It knows names, kinds, versions and bytes;
// nothing of Arrow, Parquet or Delta.
//
//   FS fs(std::make_shared<MemoryBackend>());
//   Transaction txn = fs.begin();
//   fs.root().create_directories("/sensors/dock");
//   fs.root().create_file("/sensors/dock/notes", Kind::Data).as_file().write("calm");
//   txn.commit();
//
// Threads: an FS and everything reached through it belong to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pond/error.h"
#include "pond/uuid.h"

namespace pond::tinyfs {

using NodeId = Uuid;

// The root directory's id, the same in every pond: the well-known value from which all else is
// found.
inline constexpr NodeId kRootId{.bytes = {0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0}};

enum class Kind : std::uint8_t {
  Directory,
  Data,    // bytes
  Table,   // a table; each version replaces the one before
  Series,  // a time series; each version appends rows
  Symlink,
};

std::string_view to_string(Kind kind);   // "directory", "data", "table", "series", "symlink"
Kind parse_kind(std::string_view text);  // InvalidArgument

// What `list` and `describe` show of a node.
struct NodeInfo {
  Kind kind = Kind::Data;
  bool dynamic = false;  // computed by a factory, not stored
  std::string factory;   // its name, when dynamic
  std::uint64_t version =
      0;  // of its content: 1, 2, ... ; 0 before the first write, and for directories
  std::uint64_t size = 0;    // bytes stored; 0 for directories and dynamic nodes
  std::int64_t time_us = 0;  // of the last change
};

// One version of a file.
struct VersionInfo {
  std::uint64_t version = 0;
  std::int64_t time_us = 0;
  std::uint64_t size = 0;
};

// A pull source of bytes.
class Reader {
 public:
  virtual ~Reader() = default;
  // Fills the front of `buffer`, returns how many bytes; 0 at the end.
  virtual std::size_t read(std::span<char> buffer) = 0;
};

std::unique_ptr<Reader> read_bytes(std::string bytes);  // a Reader over a string it owns
std::string read_all(Reader& reader);

class File;
class Directory;
class Symlink;

// A node of the filesystem: a handle, shared, reloaded by its backend on demand. Its id is its
// identity within a pond; names live in directories.
class Node {
 public:
  explicit Node(NodeId id) : id_(id) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  NodeId id() const { return id_; }
  virtual NodeInfo info() const = 0;

 private:
  NodeId id_;
};

using NodePtr = std::shared_ptr<Node>;

class File : public Node {
 public:
  using Node::Node;
  // The bytes of `version` (the latest when absent; NotFound when there is no such version). A file
  // never written reads as empty.
  virtual std::unique_ptr<Reader> open(std::optional<std::uint64_t> version = {}) const = 0;
  // All versions still kept, oldest first.
  virtual std::vector<VersionInfo> versions() const = 0;
  // Makes a new version of these bytes, within a transaction. ReadOnly for dynamic files.
  virtual void write(Reader& content) = 0;
  void write(std::string_view bytes);
};

// One name in a directory.
struct DirEntry {
  std::string name;
  NodePtr node;
};

// A directory. Stored ones come from the backend; a *dynamic directory* is a subclass implemented
// by code, whose insert and remove throw ReadOnly (the default). A rename inserts the node under
// its new name before it removes the old one: remove takes a name away and destroys no node.
class Directory : public Node {
 public:
  using Node::Node;
  virtual NodePtr get(std::string_view name) const = 0;  // null when there is no such entry
  virtual std::vector<DirEntry> entries() const = 0;     // sorted by name (bytewise)
  virtual void insert(const std::string& name, const NodePtr& node);  // AlreadyExists, ReadOnly
  virtual void remove(const std::string& name);                       // NotFound, ReadOnly
};

class Symlink : public Node {
 public:
  using Node::Node;
  virtual std::string target() const = 0;
};

// What a factory needs to make a dynamic node.
struct DynamicSpec {
  NodeId id;
  std::string factory;  // its registered name
  std::string config;   // its validated configuration, JSON text
  std::int64_t time_us = 0;
  std::uint64_t version = 1;  // of the configuration
};

// Makes the node of a spec; throws when the factory is unknown.
using DynamicLoader = std::function<NodePtr(const DynamicSpec&)>;

// Who changes and why; kept in the log.
struct CommitNote {
  std::string command;  // "pond mkdir /a"
};

// Where nodes are kept. All changes happen between begin() and commit() or restore(); reads see the
// pending changes of the open transaction. A new node belongs to a parent directory (which decides
// where it is stored) but has no name until it is inserted there.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::shared_ptr<Directory> root() = 0;
  virtual std::shared_ptr<Directory> create_directory(const Directory& parent) = 0;
  virtual std::shared_ptr<File> create_file(const Directory& parent, Kind kind) = 0;
  virtual std::shared_ptr<Symlink> create_symlink(const Directory& parent,
                                                  const std::string& target) = 0;
  virtual NodePtr create_dynamic(const Directory& parent, const std::string& factory,
                                 const std::string& config) = 0;
  // The spec behind a dynamic node made by create_dynamic; nullopt for every other node.
  virtual std::optional<DynamicSpec> dynamic_spec(const Node& node) const = 0;
  // Gives a dynamic node a new configuration (and factory): its next version.
  virtual void update_dynamic(const Node& node, const std::string& factory,
                              const std::string& config) = 0;

  virtual void begin() = 0;  // InvalidArgument when one is open
  virtual bool in_transaction() const = 0;
  virtual bool has_changes() const = 0;  // anything pending?
  // Makes everything since begin() durable and visible at once; returns the new transaction number,
  // or nullopt when nothing changed (then nothing is written). On failure the transaction is
  // restored and the error thrown (Conflict, Io).
  virtual std::optional<std::uint64_t> commit(const CommitNote& note) = 0;
  virtual void restore() = 0;  // forgets everything since begin(); handles made inside are void

  // Who turns specs into nodes. Until set, loading a dynamic node throws Unsupported.
  void set_dynamic_loader(DynamicLoader loader) { loader_ = std::move(loader); }

 protected:
  NodePtr load_dynamic(const DynamicSpec& spec) const;

 private:
  DynamicLoader loader_;
};

class FS;
struct Place;  // internal: a node and the directories above it

// A node and a normalised absolute path that leads to it: without any symlink on the way (also the
// final one unless the call keeps it), except that a glob's matches spell a symlink as the pattern
// does.
class NodePath {
 public:
  NodePath(std::string path, NodePtr node) : path_(std::move(path)), node_(std::move(node)) {}

  const std::string& path() const { return path_; }
  std::string name() const;  // the last component; "/" for the root
  const NodePtr& node() const { return node_; }
  NodeInfo info() const { return node_->info(); }
  Kind kind() const { return node_->info().kind; }
  // InvalidArgument naming the path when the node is of another kind. The reference is good as long
  // as a NodePath or NodePtr holds the node: don't keep one taken from a temporary.
  File& as_file() const;
  Directory& as_directory() const;
  Symlink& as_symlink() const;

 private:
  std::string path_;
  NodePtr node_;
};

struct GlobMatch {
  NodePath node;
  // What each wildcard (*, **, ?, [..], {..}) matched, left to right; braces as a whole, not what
  // is inside.
  std::vector<std::string> captures;
};

// A working directory: relative paths start here, absolute ones at the root. "." and ".." work;
// ".." after a symlink means the parent of what the link points to. At most 40 symlinks are
// followed in one resolution: then InvalidArgument "symlink loop". A path component is any
// non-empty UTF-8 string without '/' or NUL, other than "." and "..", of at most 255 bytes.
class WD {
 public:
  const std::string& path() const { return path_; }  // as it was when opened

  // Resolves. NotFound names the first missing component and the nearest existing name beside it.
  NodePath get(std::string_view path) const;                  // follows a final symlink
  NodePath get_link(std::string_view path) const;             // does not
  std::optional<NodePath> find(std::string_view path) const;  // get, or nullopt for NotFound
  std::optional<NodePath> find_link(std::string_view path) const;
  WD open_directory(std::string_view path) const;

  // Creation needs an open transaction and throws AlreadyExists, NotFound (parent), ReadOnly
  // (dynamic parent).
  NodePath create_directory(std::string_view path);
  NodePath create_directories(
      std::string_view path);  // like mkdir -p: existing directories are fine
  NodePath create_file(std::string_view path, Kind kind);
  NodePath create_symlink(std::string_view path, const std::string& target);
  NodePath create_dynamic(std::string_view path, const std::string& factory,
                          const std::string& config);

  // A directory with entries needs `recursive`. A symlink itself is removed, not its target.
  void remove(std::string_view path, bool recursive = false);
  // Moves or renames; `to` being a directory means into it; an existing file at `to` is
  // AlreadyExists. A directory cannot move below itself.
  NodePath rename(std::string_view from, std::string_view to);

  // Matches sorted by path (bytewise). In a component: * any run, ? one character, [a-z] [!a-z] a
  // class, {a,b} an alternative, \ escapes; brackets that don't close are literal. ** as a whole
  // component matches any number of components, also none, except that as the last one it takes at
  // least one: "/a/**" is what lies below "/a", "/**" everything below the root. Names that start
  // with a dot match only a pattern component that does. Symlinks are followed for a component in
  // the middle, and not by ** (no loops); as the last component the symlink itself matches. A
  // pattern without wildcards matches the node of that path, if any. A trailing '/' lists what is
  // inside each match that is a directory (or a symlink to one). InvalidArgument for
  // ".." after a wildcard and for '/' inside braces.
  std::vector<GlobMatch> glob(std::string_view pattern) const;

 private:
  friend class FS;
  WD(std::shared_ptr<Backend> backend, std::shared_ptr<const Place> place);
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<const Place> place_;
  std::string path_;
};

// Restores on destruction unless committed.
class Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  std::optional<std::uint64_t> commit(const CommitNote& note = {});
  void restore();

 private:
  friend class FS;
  explicit Transaction(Backend* backend);
  Backend* backend_;  // null once ended
};

class FS {
 public:
  explicit FS(std::shared_ptr<Backend> backend);
  WD root();
  Backend& backend() { return *backend_; }
  Transaction begin();

 private:
  std::shared_ptr<Backend> backend_;
};

// Does `path` contain an unescaped wildcard?
bool has_wildcards(std::string_view path);
// Matches one whole path against a pattern (both absolute or both relative); the captures, or
// nullopt.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path);
// Lexical: "/a//b/./c/../d" -> "/a/b/d"; relative paths are taken from `base`.
std::string normalise_path(std::string_view path, std::string_view base = "/");

}  // namespace pond::tinyfs
