module samovar/bench

go 1.26
