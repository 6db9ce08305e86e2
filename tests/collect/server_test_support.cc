#include "server_test_support.h"

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <parquet/arrow/reader.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/arrow_result.h"
#include "http/http.h"
#include "pond/collect.h"
#include "pond/uuid.h"

namespace pond::collect_test {

namespace {

namespace fs = std::filesystem;

std::string server_program() {
  if (const char* named = std::getenv("HYDROVU_SERVER")) return named;
  return fs::read_symlink("/proc/self/exe").parent_path() / "hydrovu-server";
}

std::vector<std::string> command(const std::vector<std::string>& sites,
                                 const std::vector<std::string>& options) {
  std::vector<std::string> words{server_program(), "--port", "0", "--until-eof"};
  for (const std::string& site : sites) {
    words.push_back("--data");
    words.push_back(data_file(site));
  }
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

http::Client quick_client() {
  http::Options options;
  options.attempts = 3;
  options.first_pause = std::chrono::milliseconds(10);
  return http::Client(options);
}

}  // namespace

fs::path data_file(const std::string& site) {
  return fs::path(POND_TEST_DIR) / "../../examples/data" / (site + ".parquet");
}

std::shared_ptr<arrow::Table> read_data_file(const std::string& site) {
  const std::string path = data_file(site);
  auto input = unwrap(arrow::io::ReadableFile::Open(path), path);
  auto reader = unwrap(parquet::arrow::OpenFile(input, arrow::default_memory_pool()), path);
  return unwrap(reader->ReadTable(), path);
}

Server::Server(const std::vector<std::string>& sites, const std::vector<std::string>& options)
    : process_(command(sites, options)) {}

void Server::admin(const std::string& what,
                   const std::vector<std::pair<std::string, std::string>>& fields) {
  http::Request request;
  request.method = "POST";
  request.url = url() + "/admin/" + what;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = http::form_encode(fields);
  const http::Response response = quick_client().send(request);
  if (!response.ok()) throw http::status_error(request, response);
}

std::map<std::string, std::uint64_t> Server::stats() {
  http::Request request;
  request.url = url() + "/admin/stats";
  return nlohmann::json::parse(quick_client().send(request).body);
}

Pond::Pond() : directory_(fs::temp_directory_path() / ("pond-collect-" + Uuid::v7().to_string())) {
  setenv("HYDRO_KEY_ID", "demo", 1);
  setenv("HYDRO_KEY_VALUE", "demo-secret", 1);
  backend_ = tinylogfs::OpLogBackend::create(directory_, {}, {"pond init"});
  fs_ = std::make_unique<tinyfs::FS>(backend_);
  session_ =
      std::make_unique<query::Session>(fs_.get(), query::SessionOptions{.restricted = false});
}

Pond::~Pond() {
  session_.reset();
  fs_.reset();
  backend_.reset();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

factory::RunReport Pond::collect(const Server& server, const std::string& keys,
                                 std::vector<std::string> arguments, factory::Progress* progress) {
  factory::Registry registry;
  collect::add_collectors(registry);
  const factory::FactoryType& type = registry.get("hydrovu");
  const std::string yaml = "base_url: " + server.url() +
                           "\nclient_id: ${env:HYDRO_KEY_ID}\n"
                           "client_secret: ${env:HYDRO_KEY_VALUE}\npond_path: /hydrovu\n" +
                           keys;
  tinyfs::DynamicSpec spec;
  spec.factory = "hydrovu";
  spec.config = type.validate(YAML::Load(yaml), registry);
  Silence silence;
  factory::RunContext context{*fs_, *session_, progress != nullptr ? *progress : silence,
                              "pond run hydrovu", std::move(arguments)};
  return type.run(spec, context);
}

std::int64_t Pond::transaction() const {
  return backend_->oplog().txn();
}

tinylogfs::OpLogFile& Pond::file(const std::string& path) {
  return *tinylogfs::as_oplog_file(*fs_->root().get(path).node());
}

std::shared_ptr<arrow::Table> Pond::read(const std::string& path) {
  auto reader = session_->query("SELECT * FROM '" + path + "' ORDER BY timestamp");
  return unwrap(reader->ToTable(), path);
}

std::string Pond::value(const std::string& sql) {
  auto table = unwrap(session_->query(sql)->ToTable(), sql);
  if (table->num_rows() != 1) return std::to_string(table->num_rows()) + " rows";
  return unwrap(table->column(0)->GetScalar(0), sql)->ToString();
}

std::string difference(const arrow::Table& left, const arrow::Table& right) {
  if (left.num_columns() != right.num_columns()) {
    return left.schema()->ToString() + "\nis not\n" + right.schema()->ToString();
  }
  if (left.num_rows() != right.num_rows()) {
    return std::to_string(left.num_rows()) + " rows are not " + std::to_string(right.num_rows());
  }
  for (const auto& field : right.schema()->fields()) {
    const auto column = left.GetColumnByName(field->name());
    if (column == nullptr) return "no column " + field->name();
    if (!column->type()->Equals(field->type())) return "another type of " + field->name();
    if (!column->Equals(right.GetColumnByName(field->name())))
      return "other values of " + field->name();
  }
  return {};
}

}  // namespace pond::collect_test
