// The local server: files, ranges, and queries only for this machine.
#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "pond/error.h"
#include "pond/site.h"
#include "tinylogfs/scene.h"

namespace pond::site {
namespace {

class ServerTest : public tinylogfs::PondTest {
 protected:
  ServerTest() {
    std::filesystem::create_directory(www());
    std::ofstream(www() / "index.html") << "<p>hello</p>";
    std::ofstream(www() / "a.parquet") << "0123456789";
    commit([&] {
      make("/a.series", tinyfs::Kind::Series).append(*tinylogfs::readings({1, 2}, {0.5, 1.5}));
    });
    server.emplace(www(), ServeOptions{"127.0.0.1", 0, &*fs});
    thread = std::thread([this] { server->run(); });
    client.emplace("127.0.0.1", server->port());
    for (int i = 0; i < 200 && !client->Get("/"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ~ServerTest() override {
    server->stop();
    thread.join();
  }
  std::filesystem::path www() const { return directory.path() / "www"; }

  std::optional<Server> server;
  std::thread thread;
  std::optional<httplib::Client> client;
};

TEST_F(ServerTest, FilesAndRanges) {
  const auto page = client->Get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "<p>hello</p>");
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/html");
  const auto part = client->Get("/a.parquet", {{"Range", "bytes=2-4"}});
  ASSERT_TRUE(part);
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->body, "234");
  EXPECT_EQ(client->Get("/../pond/_delta_log/00000000000000000000.json")->status, 404);
  EXPECT_EQ(client->Get("/none")->status, 404);
}

TEST_F(ServerTest, QueriesOfThisMachineAlone) {
  const auto answer = client->Get("/api/sql?q=SELECT%20sum(level)%20AS%20s%20FROM%20'/a.series'");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200) << answer->body;
  EXPECT_EQ(nlohmann::json::parse(answer->body), nlohmann::json({{"s", 2.0}}));
  EXPECT_EQ(client->Post("/api/sql?format=csv", "SELECT 1 AS one", "text/plain")->body, "one\n1\n");
  EXPECT_EQ(client->Get("/api/sql?q=SELEC")->status, 400);
  EXPECT_EQ(client->Get("/api/sql?q=SELECT%20*%20FROM%20read_text('/etc/passwd')")->status, 400);
  EXPECT_EQ(client->Get("/api/list?pattern=/*", {{"Host", "evil.example"}})->status, 403);
  const auto list = client->Get("/api/list?pattern=/*");
  ASSERT_TRUE(list);
  EXPECT_EQ(nlohmann::json::parse(list->body).at(0).at("path"), "/a.series");
}

TEST_F(ServerTest, ATakenPortAndAMissingFolderAreErrors) {
  EXPECT_THROW(Server(directory.path() / "none", {"127.0.0.1", 0, nullptr}), Error);
  EXPECT_THROW(Server(www(), {"127.0.0.1", server->port(), nullptr}), Error);
}

}  // namespace
}  // namespace pond::site
