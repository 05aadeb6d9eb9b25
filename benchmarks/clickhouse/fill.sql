-- Some traces of ten days, the numbers from {begin} on of {count}, that differ in all that searches go by.
-- Few of the keys, agents and models have most of them; five traces, evenly over the time, have what no other has.
INSERT INTO traces
WITH
    n -> cityHash64(number, n) / 18446744073709551616 AS chance,
    (salt, shape, many) -> toUInt64(least(1e9, pow(1 - chance(salt), -1 / shape))) % many AS few_have_most,
    concat(
        '{"id":"', id, '","at":', toString(at_us / 1000000), ',"worker":0,"seq":', toString(number),
        ',"method":"POST","path":"/v1/chat/completions","status":', toString(status), ',"outcome":"', outcome,
        '","stages_ns":[334248,240177,63164,4497,61381,13710,97676,33109,', toString(total_us * 1000 - 1301237),
        ',453275],"total_ns":', toString(total_us * 1000), ',"overhead_ns":1301237,"request_id":"', id,
        '","peer":"127.0.0.1:', toString(1024 + cityHash64(number, 'p') % 60000), '","key":"', key,
        '","model":"', model, '","target":"', target, '","first_byte_ns":', toString(cityHash64(number, 'f') % 900000000),
        ',"request_bytes":', toString(100 + cityHash64(number, 'b') % 9000), ',"response_bytes":324,"usage":{"input":',
        toString(input), ',"output":', toString(output), '},"user":"', user, '","agent":"', agent,
        '","cost_nanos":', toString(cost), ',"session":"', session, '"',
        if(error = '', '', concat(',"error":"', error, '"')), '}'
    ) AS line
SELECT
    id, fromUnixTimestamp64Micro(at_us, 'UTC'), 'node1', status, outcome, key, user, agent, model, target, session,
    total_us, cost, input, output, 0, 0, 0, id, '/v1/chat/completions', error,
    'queue identify authenticate verify_agent read_body route limit dispatch provider forward', content, line
FROM (
    SELECT
        number,
        concat('req_', leftPad(lower(hex(cityHash64(intDiv(number, 100000)))), 16, '0'), '-', toString(number)) AS id,
        toInt64({began:UInt64}) * 1000000 + intDiv(toInt64(number) * 864000 * 1000000, {count:UInt64}) AS at_us,
        number % intDiv({count:UInt64}, 5) = intDiv({count:UInt64}, 7) AS is_rare,
        few_have_most('key', 0.6, 2000) AS key_number,
        if(is_rare, 'key_rare', concat('key_', toString(key_number))) AS key,
        concat('usr_', toString(key_number % 300)) AS user,
        if(is_rare, 'agt_rare', concat('agt_', toString(few_have_most('agent', 0.5, 700)))) AS agent,
        concat('model-', toString(few_have_most('model', 0.8, 30))) AS model,
        concat('up', toString(key_number % 3), '/', model) AS target,
        concat('ses_', toString(intDiv(number, 40) * 7 + cityHash64(number, 's') % 7)) AS session,
        multiIf(chance('status') < 0.97, 200, chance('status') < 0.99, 429, chance('status') < 0.996, 502, 503) AS status,
        multiIf(status = 200, 'completed', status = 429, 'refused', 'provider_failed') AS outcome,
        sqrt(-2 * log(1 - chance('t'))) * cos(6.2831853 * chance('u')) AS normal,
        if(is_rare, 120000000, toUInt64(least(6e7, 1302 + 1e6 * exp(0.5 + 1.2 * normal)))) AS total_us,
        cityHash64(number, 'i') % 4000 AS input,
        cityHash64(number, 'o') % 900 AS output,
        if(is_rare, 5000000000, toInt64(input * 150 + output * 600)) AS cost,
        if(status = 200, '', concat('upstream_said_', toString(cityHash64(number, 'e') % 500))) AS error,
        if(cityHash64(number, 'w') % 100 = 0, arrayStringConcat(arrayMap(
            n -> concat('word', toString(cityHash64(number, n) % 9000)), range(80)), ' '), '') AS content
    FROM numbers({begin:UInt64}, {size:UInt64})
)
