-- sums: the last day by minute
SELECT minute, sum(requests), sum(failed), sum(input), sum(output), sum(cost_nanos)
FROM usage_by_minute WHERE minute >= toDateTime({last_day:UInt64}, 'UTC') GROUP BY minute
-- sums: all by hour
SELECT toStartOfHour(minute) AS hour, sum(requests), sum(failed), sum(input), sum(output), sum(cost_nanos)
FROM usage_by_minute GROUP BY hour
-- sums: the dearest keys
SELECT key, sum(requests), sum(cost_nanos) AS cost FROM usage_by_minute GROUP BY key ORDER BY cost DESC LIMIT 20
-- sums: the dearest users
SELECT user, sum(requests), sum(cost_nanos) AS cost FROM usage_by_minute GROUP BY user ORDER BY cost DESC LIMIT 20
-- sums: the dearest agents
SELECT agent, sum(requests), sum(cost_nanos) AS cost FROM usage_by_minute GROUP BY agent ORDER BY cost DESC LIMIT 20
-- sums: by target
SELECT target, sum(requests), sum(failed), sum(cost_nanos) FROM usage_by_minute GROUP BY target
-- traces: latency of the last day by minute
SELECT toStartOfMinute(at) AS minute, quantiles(0.5, 0.95, 0.99)(total_us)
FROM traces WHERE at >= toDateTime({last_day:UInt64}, 'UTC') GROUP BY minute
-- traces: latency of all by model
SELECT model, quantiles(0.5, 0.95, 0.99)(total_us) FROM traces GROUP BY model
-- traces: all by hour and status
SELECT toStartOfHour(at) AS hour, status, count() FROM traces GROUP BY hour, status
-- traces: errors of the last day by their text
SELECT error, count() AS times FROM traces
WHERE at >= toDateTime({last_day:UInt64}, 'UTC') AND status >= 400 GROUP BY error ORDER BY times DESC LIMIT 20
-- traces: dearest sessions of the last day
SELECT session, count(), sum(cost_nanos) AS cost FROM traces
WHERE at >= toDateTime({last_day:UInt64}, 'UTC') GROUP BY session ORDER BY cost DESC LIMIT 20
