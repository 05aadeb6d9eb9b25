-- wrk on the chat path, with TOKEN and MODEL in the environment:
--   wrk -t1 -c64 -d10s --latency -s benchmarks/wrk.lua http://127.0.0.1:8080/v1/chat/completions
-- The last line is `verdict PASS` or `verdict FAIL`, by answers other than 2xx and connections that broke.

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. (os.getenv("TOKEN") or "")
wrk.body = string.format('{"model":"%s","messages":[{"role":"user","content":"Hello"}]}', os.getenv("MODEL") or "mock")

function done(summary, latency, requests)
  local e = summary.errors
  local broken = e.connect + e.read + e.write + e.timeout
  io.write(string.format("microseconds p50 %d p95 %d p99 %d max %d\n",
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max))
  io.write(string.format("requests %d in %.2f s, other than 2xx %d, broken %d\n",
    summary.requests, summary.duration / 1e6, e.status, broken))
  local good = summary.requests > 0 and e.status == 0 and broken == 0
  io.write("verdict " .. (good and "PASS" or "FAIL") .. "\n")
end
