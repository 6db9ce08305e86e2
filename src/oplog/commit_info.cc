#include "oplog/commit_info.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "delta/actions_json.h"
#include "pond/time.h"

namespace pond::oplog {
namespace {

std::string author() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const passwd* user = ::getpwuid(::geteuid());
  return (user != nullptr ? std::string(user->pw_name) : std::to_string(::geteuid())) + "@" +
         host.data();
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

}  // namespace

std::int64_t next_time_ms(const std::string& previous_info) {
  const std::int64_t now_ms = now_us() / 1000;
  const auto info = nlohmann::json::parse(previous_info, nullptr, false);
  return info.is_object() ? std::max(now_ms, number_of(info, "timestamp") + 1) : now_ms;
}

std::string chain_link(const std::string& previous_chain, std::string entry,
                       const std::string& chain) {
  if (!chain.empty()) {
    const std::string field = "\"chain\":\"" + chain;
    if (const auto at = entry.find(field); at != std::string::npos)
      entry.erase(at + field.size() - chain.size(), chain.size());
  }
  return Sha256::of(previous_chain + "\n" + entry);
}

delta::CommitInfo make_commit_info(const std::vector<delta::Action>& actions,
                                   const CommitDraft& draft) {
  const CommitFacts before = read_commit_info(draft.version - 1, 0, draft.previous_info);
  std::int64_t bytes = 0;
  for (const auto& action : actions) {
    const auto* add = std::get_if<delta::AddFile>(&action);
    if (add != nullptr && add->data_change) bytes += add->size;
  }
  nlohmann::ordered_json pond = {{"id", draft.pond_id.to_string()},
                                 {"time", format_time(now_us())},
                                 {"command", draft.options.command},
                                 {"author", author()},
                                 {"records", draft.records},
                                 {"bytes", bytes},
                                 {"chain", ""}};
  if (!draft.retired.empty()) pond["retired"] = draft.retired;
  nlohmann::ordered_json info;
  info["timestamp"] = draft.time_ms;
  info["operation"] = "WRITE";
  info["operationParameters"] = nlohmann::json::object();
  info["isBlindAppend"] = false;
  info["engineInfo"] = "DuckPond";
  info["pond"] = std::move(pond);
  const auto text = [&] {
    return info.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  std::vector<delta::Action> entry = actions;
  entry.emplace_back(delta::CommitInfo{text()});
  info["pond"]["chain"] = chain_link(before.summary.chain, delta::to_json_lines(entry), "");
  return {text()};
}

CommitFacts read_commit_info(std::int64_t version, std::int64_t entry_time_ms,
                             const std::string& json) {
  CommitFacts facts;
  facts.summary.txn = version;
  facts.summary.time_us = entry_time_ms * 1000;
  const auto info = nlohmann::json::parse(json, nullptr, false);
  if (!info.is_object() || !info.contains("pond") || !info["pond"].is_object()) return facts;
  const auto& pond = info["pond"];
  facts.summary.command = text_of(pond, "command");
  facts.summary.author = text_of(pond, "author");
  facts.summary.chain = text_of(pond, "chain");
  facts.summary.records = number_of(pond, "records");
  facts.summary.bytes = number_of(pond, "bytes");
  if (const std::string time = text_of(pond, "time"); !time.empty())
    facts.summary.time_us = parse_time(time);
  if (const auto retired = pond.find("retired"); retired != pond.end() && retired->is_array()) {
    for (const auto& location : *retired)
      if (location.is_string()) facts.retired.push_back(location.get<std::string>());
  }
  return facts;
}

std::string commit_info_of(const std::vector<delta::Action>& actions) {
  for (const auto& action : actions)
    if (const auto* info = std::get_if<delta::CommitInfo>(&action)) return info->json;
  return {};
}

}  // namespace pond::oplog
