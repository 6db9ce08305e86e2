#include "http/http.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "server_process.h"

namespace pond::http {
namespace {

using std::chrono::milliseconds;

// The HydroVu server (tests/hydrovu_server), which has what an HTTP client can meet.
class Server {
 public:
  explicit Server(std::vector<std::string> options) : process_(command(std::move(options))) {}
  const std::string& url() const { return process_.line(); }
  void stop() { process_.stop(); }

 private:
  static std::vector<std::string> command(std::vector<std::string> options) {
    const char* named = std::getenv("HYDROVU_SERVER");
    const std::filesystem::path beside = std::filesystem::read_symlink("/proc/self/exe");
    std::vector<std::string> words{
        named != nullptr ? named : (beside.parent_path() / "hydrovu-server").string(),
        "--port",
        "0",
        "--until-eof",
        "--data",
        POND_TEST_DIR "/../../examples/data/usgs-01589330.parquet"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }
  ServerProcess process_;
};

Options quick() {
  Options options;
  options.first_pause = milliseconds(10);
  options.give_up_after = milliseconds(2000);
  return options;
}

std::string remote_error(Client& client, const Request& request) {
  try {
    client.send(request);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Remote);
    return error.what();
  }
  return "no error";
}

TEST(HttpText, UrlsAreShownWithoutSecrets) {
  EXPECT_EQ(shown_url("https://me:pw@host/a?b=1&access_token=x&c"),
            "https://host/a?b=1&access_token=***&c");
  EXPECT_EQ(shown_url("http://host"), "http://host");
  EXPECT_EQ(shown_url("http://host/a@b"), "http://host/a@b");
}

TEST(HttpText, FormsAreEncoded) {
  EXPECT_EQ(form_encode({{"scope", "read:locations read:data"}, {"a", "b"}}),
            "scope=read%3Alocations%20read%3Adata&a=b");
}

TEST(HttpText, RetryAfterIsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("120", 0), milliseconds(120'000));
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:01:40 GMT", 40), milliseconds(60'000));
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:00:10 GMT", 40), milliseconds(0));
  EXPECT_EQ(parse_retry_after("-5", 0), milliseconds(0));
  EXPECT_EQ(parse_retry_after("soon", 0), std::nullopt);
  EXPECT_EQ(parse_retry_after("", 0), std::nullopt);
}

TEST(HttpClient, AStatusThatWillNotPassIsReturnedAtOnce) {
  Server server({});
  Client client(quick());
  Request request;
  request.url = server.url() + "/public-api/v1/locations/list?token=s3cret";
  const Response response = client.send(request);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.header("www-authenticate"), "Bearer");
  EXPECT_EQ(std::string(status_error(request, response).what()),
            "GET " + server.url() +
                "/public-api/v1/locations/list?token=***: 401 Unauthorized: "
                R"({"error":"invalid_token","error_description":"Access token expired"})");
}

TEST(HttpClient, ACheckThatFailsCountsAsABodyCutShort) {
  Server server({"--gzip"});
  Client client(quick());
  Request request;
  request.url = server.url() + "/admin/stats";
  int seen = 0;
  request.check = [&](const Response&) -> std::string { return ++seen < 3 ? "cut short" : ""; };
  EXPECT_TRUE(client.send(request).ok());
  EXPECT_EQ(seen, 3);
}

TEST(HttpClient, CompressedBodiesAreUnpacked) {
  Server server({"--gzip"});
  Client client(quick());
  Request request;
  request.url = server.url() + "/admin/stats";
  const Response response = client.send(request);
  EXPECT_EQ(response.header("content-encoding"), "gzip");
  EXPECT_EQ(response.body.front(), '{');
}

TEST(HttpClient, GivesUpOnAServerThatIsNotThere) {
  Server server({});
  const std::string url = server.url();
  server.stop();
  Options options = quick();
  options.attempts = 3;
  std::vector<std::string> said;
  options.say = [&](const std::string& words) { said.push_back(words); };
  Client client(options);
  Request request;
  request.url = url + "/admin/stats";
  const std::string error = remote_error(client, request);
  EXPECT_TRUE(error.starts_with("GET " + url + "/admin/stats: Failed to connect")) << error;
  EXPECT_TRUE(error.ends_with("(after 3 attempts)")) << error;
  EXPECT_EQ(said.size(), 2u);
}

TEST(HttpClient, PatienceIsBoundedInTime) {
  Server server({"--fault", "429-every=1,retry-after=3600"});
  Client client(quick());
  Request request;
  request.url = server.url() + "/public-api/v1/locations/1/data";
  const auto begun = std::chrono::steady_clock::now();
  const std::string error = remote_error(client, request);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_TRUE(error.ends_with("429 Too Many Requests")) << error;
}

TEST(HttpClient, RefusesABodyThatIsTooLarge) {
  Server server({});
  Options options = quick();
  options.largest_body = 10;
  Client client(options);
  Request request;
  request.url = server.url() + "/public-api/v1/locations/list";
  EXPECT_NE(remote_error(client, request).find("larger than 10 bytes"), std::string::npos);
}

TEST(HttpClient, OtherProtocolsAreRefused) {
  Client client(quick());
  Request request;
  request.url = "file:///etc/hostname";
  EXPECT_NE(remote_error(client, request).find("GET file:///etc/hostname"), std::string::npos);
}

}  // namespace
}  // namespace pond::http
