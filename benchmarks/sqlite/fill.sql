-- The traces with the numbers from :first to :last of :count, made of the requests in `varied`; 1,000 end each second.
INSERT INTO traces
WITH RECURSIVE numbers (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)
SELECT
    n, id, at_us, status, outcome, key, user, agent, model, target, session, total_us, cost, id, '/v1/chat/completions',
    error, 1,
    CAST(format(
        '{"id":"%s","at":%.6f,"worker":0,"seq":%d,"method":"POST","path":"/v1/chat/completions","status":%d,'
        || '"outcome":"%s","stages_ns":[334248,240177,63164,4497,61381,13710,97676,33109,%d000,453275],'
        || '"total_ns":%d000,"overhead_ns":1301237,"request_id":"%s","peer":"127.0.0.1:53650","key":"%s","model":"%s",'
        || '"target":"%s","first_byte_ns":11255635,"request_bytes":184,"response_bytes":324,'
        || '"usage":{"input":9,"output":12},"user":"%s","agent":"%s","cost_nanos":%d,"session":"%s"%s}',
        id, at_us / 1e6, n, status, outcome, total_us - 1301, total_us, id, key, model, target, user, agent, cost,
        session, iif(error IS NULL, '', ',"error":"' || error || '"')
    ) AS BLOB)
FROM (
    SELECT
        n, format('req_6d7bd185b143-%08d', n) AS id, :ended_us - (:count - n) * 1000 - v.total_us AS at_us,
        v.status, v.outcome, v.user, v.model, v.target, v.error,
        'ses_' || (n / 40 * 7 + v.number % 7) AS session,
        iif(n % (:count / 5) = :count / 7, 'key_rare', v.key) AS key,
        iif(n % (:count / 5) = :count / 7, 'agt_rare', v.agent) AS agent,
        iif(n % (:count / 5) = :count / 7, 120000000, v.total_us) AS total_us,
        iif(n % (:count / 5) = :count / 7, 5000000000, v.cost) AS cost
    FROM numbers CROSS JOIN varied AS v ON v.number = n % :variety
)
