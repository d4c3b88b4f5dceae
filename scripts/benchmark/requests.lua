-- Requests for wrk: wrk -s requests.lua URL -- OPERATION FILE
-- Sends the lines of the file as bodies, in turn and over again. Prints one line of JSON at the end.

local requests, position = {}, 0

function init(args)
  local headers = {
    ["X-Amz-Target"] = "DynamoDB_20120810." .. args[1],
    ["Content-Type"] = "application/x-amz-json-1.0",
    ["Accept-Encoding"] = "identity",
    ["X-Amz-Date"] = "20260101T000000Z",
    ["Authorization"] = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, " ..
      "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" .. string.rep("0", 64),
  }
  for line in io.lines(args[2]) do
    requests[#requests + 1] = wrk.format("POST", "/", headers, line)
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency)
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('measured {"requests":%d,"microseconds":%d,"p99":%.1f,"refused":%d,"lost":%d}\n',
    summary.requests, summary.duration, latency:percentile(99), summary.errors.status, lost))
end
