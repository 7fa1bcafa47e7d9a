-- Averages of cumulative returns that are not skewed as returns of decades are: a few names carry the mean.
SELECT DISTINCT session, index_id, availability, rounding, n_used, mean_untrimmed, mean, median
FROM figure.constituent_return_summary
WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    AND measure = 'cumulative'
    AND (mean <= median OR mean_untrimmed < mean)
ORDER BY ALL
