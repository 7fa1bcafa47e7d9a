-- The payloads behind the claims that no figure has: policy rates.
--
-- in:  core.policy_rate; getvariable('known_at')
-- out: payload_sha256
SELECT DISTINCT payload_sha256 FROM core.policy_rate WHERE known_at <= getvariable('known_at')
