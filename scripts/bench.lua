-- Requests for wrk: wrk -s requests.lua URL -- OPERATION
-- One of PutItem, GetItem, UpdateItem, Query against the table that scripts/bench.py has made and filled.

local KEYS = 20000

local function key(k)
  return string.format('"pk":{"S":"user#%d"},"sk":{"S":"order#%06d"}', k % 500, k)
end

local bodies = {
  PutItem = function(k)
    return string.format('{"TableName":"bench","Item":{%s,"name":{"S":"Jane Doe"},"email":{"S":"jane@example.com"},' ..
      '"age":{"N":"%d"},"tags":{"SS":["a","b","c"]},"addr":{"M":{"city":{"S":"NYC"},"zip":{"S":"10001"}}}}}', key(k), k % 90)
  end,
  GetItem = function(k)
    return string.format('{"TableName":"bench","Key":{%s}}', key(k))
  end,
  UpdateItem = function(k)
    return string.format('{"TableName":"bench","Key":{%s},"UpdateExpression":"SET #v = if_not_exists(#v, :z) + :o",' ..
      '"ExpressionAttributeNames":{"#v":"visits"},"ExpressionAttributeValues":{":z":{"N":"0"},":o":{"N":"1"}}}', key(k))
  end,
  Query = function(k)
    return string.format('{"TableName":"bench","KeyConditionExpression":"pk = :p AND begins_with(sk, :s)",' ..
      '"ExpressionAttributeValues":{":p":{"S":"user#%d"},":s":{"S":"order#"}}}', k % 500)
  end,
}

local operation, headers

function init(args)
  operation = args[1]
  headers = {
    ["X-Amz-Target"] = "DynamoDB_20120810." .. operation,
    ["Content-Type"] = "application/x-amz-json-1.0",
    ["X-Amz-Date"] = "20260101T000000Z",
    ["Authorization"] = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, " ..
      "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" .. string.rep("0", 64),
  }
  math.randomseed(1)
end

function request()
  return wrk.format("POST", "/", headers, bodies[operation](math.random(1, KEYS)))
end
