DROP TABLE finished_sign_ins;
