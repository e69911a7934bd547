"""What is differentiated, as the laboratory calls it: functions of dezero and of torch."""
